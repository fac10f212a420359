//! Cubes are stored, added up and taken apart without losing a digit.
#![allow(missing_docs)]

mod common;

use common::generated::row;
use common::{Row, cube, exact, period, usd};
use dayone_domain::charge::Dimension;
use dayone_domain::cube::{BillKey, Cube, CubeBuilder, CubeBytesError, CubeError, CubeMergeError};
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{Currency, Exact};
use proptest::prelude::*;

fn of(rows: &[Row]) -> Cube {
    cube(rows).0
}

fn stored(rows: &[Row]) -> Vec<u8> {
    of(rows).to_bytes()
}

/// Rows of several months, currencies and accounts with names.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (row(), 0usize..3, prop::bool::ANY, prop::sample::select(vec!["", "shop", "web shop"]), prop::bool::ANY);
    let row = row.prop_map(|(row, month, in_euros, name, without_list)| {
        // A provider invoice is in one currency.
        let invoice = format!("INV-{month}{in_euros}");
        let mut row = row.in_period(["2026-04", "2026-05", "2026-06"][month]).named(name).with(Dimension::InvoiceId, &invoice);
        row.currency = if in_euros { Currency::try_new("EUR").unwrap() } else { usd() };
        row.cost.list = row.cost.list.filter(|_| !without_list);
        row
    });
    prop::collection::vec(row, 0..30)
}

proptest! {
    #[test]
    fn bytes_read_back_are_the_same_cube(rows in rows()) {
        let (cube, _) = cube(&rows);
        let bytes = cube.to_bytes();
        let read = Cube::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.to_bytes(), bytes);
        prop_assert_eq!(read.scale(), cube.scale());
        prop_assert_eq!(read.tag_keys(), cube.tag_keys());
        prop_assert!(read.bills().eq(cube.bills()));
        for key in cube.bills() {
            let rows = |cube: &Cube| -> Vec<_> {
                let row = |row: dayone_domain::cube::RowView<'_>| {
                    (Dimension::ALL.map(|dimension| row.value(dimension).to_owned()), row.tag(0).to_owned(), row.charges(), row.cost())
                };
                cube.rows(key).map(row).collect()
            };
            prop_assert_eq!(rows(&read), rows(&cube));
            prop_assert_eq!(read.sub_account_names(key), cube.sub_account_names(key));
        }
    }

    #[test]
    fn merged_parts_are_the_cube_of_all_charges(rows in rows(), cuts in prop::collection::vec(0usize..30, 2)) {
        let (cut, next) = (cuts[0].min(rows.len()), cuts[1].min(rows.len()));
        let (cut, next) = (cut.min(next), cut.max(next));
        let parts = [&rows[..cut], &rows[cut..next], &rows[next..]].map(cube);
        let merged = Cube::merge(parts.iter().rev().map(|(cube, _)| cube)).unwrap();
        let (whole, control) = cube(&rows);
        prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
        prop_assert_eq!(ControlTotals::merge(parts.iter().map(|(_, control)| control)), control);
    }

    #[test]
    fn a_cube_of_a_period_is_that_of_its_charges_alone(rows in rows()) {
        let (cube, _) = cube(&rows);
        let of_may: Vec<Row> = rows.iter().filter(|row| row.period == period("2026-05")).cloned().collect();
        prop_assert_eq!(cube.of_period(period("2026-05")).to_bytes(), stored(&of_may));
        prop_assert_eq!(cube.of_period(period("2026-05")).scale(), of(&of_may).scale());
        let in_dollars: Vec<Row> = of_may.iter().filter(|row| row.currency == usd()).cloned().collect();
        prop_assert_eq!(cube.of_bill(BillKey { period: period("2026-05"), currency: usd() }).to_bytes(), stored(&in_dollars));
    }

    #[test]
    fn a_cube_without_a_tag_is_that_of_charges_without_it(rows in rows()) {
        let (with_tag, _) = cube(&rows);
        let bare: Vec<Row> = rows.iter().map(|row| Row { tags: Vec::new(), ..row.clone() }).collect();
        let mut builder = CubeBuilder::new(Vec::new());
        for row in &bare {
            builder.add(&row.charge(&row.period.to_string(), &[])).unwrap();
        }
        prop_assert_eq!(with_tag.with_tag_keys(&[]).unwrap().to_bytes(), builder.finish().to_bytes());
        prop_assert_eq!(with_tag.with_tag_keys(&["team".to_owned()]).unwrap().to_bytes(), with_tag.to_bytes());
        prop_assert_eq!(with_tag.with_tag_keys(&["owner".to_owned()]).unwrap_err(), "owner");
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_as_what_they_say(rows in rows(), at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        let mut bytes = stored(&rows);
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if let Ok(cube) = Cube::from_bytes(&bytes) {
            prop_assert!(cube.to_bytes().len() <= bytes.len());
            cube.bills().for_each(|key| { cube.master_bill(key); });
        }
        let bytes = stored(&rows);
        prop_assert!(Cube::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn any_bytes_after_the_beginning_end_in_an_answer(bytes in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255), any::<u8>()], 0..400)) {
        let _ = Cube::from_bytes(&[b"D1CUBE\x01".as_slice(), &bytes].concat());
    }
}

#[test]
fn the_format_is_pinned() {
    let rows = [Row::new("-1.25").team("a").named("shop").with(Dimension::ChargeCategory, "Tax")];
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    let texts = ["", "1", "2026-05", "AWS", "Tax", "a", "test"];
    let bytes = [
        b"D1CUBE\x01".to_vec(),
        [&[1][..], &text("team")].concat(),
        [vec![7], texts.iter().flat_map(|each| text(each)).collect()].concat(),
        [&[1][..], b"2026-05USD", &[2, 2]].concat(),
        [vec![1], text("AWS"), text("1"), text("shop")].concat(),
        vec![1, 6, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 2, 0, 0, 0, 4, 5, 1],
        [1, 0x83, 1, 0x83, 1, 0x83, 0].to_vec(),
    ];
    assert_eq!(stored(&rows), bytes.concat());
}

#[test]
fn bytes_of_something_else_are_refused() {
    let damaged = |bytes: &[u8]| match Cube::from_bytes(bytes) {
        Err(CubeBytesError::Damaged { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(Cube::from_bytes(b"").unwrap_err(), CubeBytesError::NotACube);
    assert_eq!(Cube::from_bytes(b"D1CUBE").unwrap_err(), CubeBytesError::NotACube);
    assert_eq!(Cube::from_bytes(b"PAR1").unwrap_err(), CubeBytesError::NotACube);
    assert_eq!(Cube::from_bytes(b"D1CUBE\x02").unwrap_err(), CubeBytesError::Version(2));
    let with = |rest: &[u8]| damaged(&[b"D1CUBE\x01", rest].concat());
    assert_eq!(with(&[]), "the end is missing");
    assert_eq!(with(&[0, 0, 0]), "the texts are missing or too many");
    assert_eq!(with(&[0, 1, 1, b'a', 0]), "the empty text is missing");
    assert_eq!(with(&[0, 2, 0, 0, 0]), "the texts are not in order");
    assert_eq!(with(&[0, 2, 0, 1, 0xff, 0]), "a text is not UTF-8");
    assert_eq!(with(&[0x80, 0]), "a count is malformed");
    assert_eq!(with(&[0, 1, 0, 0, 0]), "something follows the end");
    // Counts of 2^63 ask for nothing that is not there.
    assert_eq!(with(&[255, 255, 255, 255, 255, 255, 255, 255, 127]), "the end is missing");
    let bill = |rest: &[u8]| with(&[&[0, 1, 0, 1][..], rest].concat());
    assert_eq!(bill(b"2026-13USD"), "a billing period is none");
    assert_eq!(bill(b"2026-05usd"), "a currency is none");
    assert_eq!(bill(b"2026-05USD\x2d\x00\x00\x00"), "a scale is too large");
    assert_eq!(bill(b"2026-05USD\x00\x04\x00\x00"), "a flag is unknown");
    assert_eq!(bill(&[&b"2026-05USD\x00\x00\x00\x01"[..], &[1; 16], &[1; 5]].concat()), "a text is missing");
    let row = |tail: &[u8]| bill(&[&b"2026-05USD\x00\x00\x00\x01"[..], &[0; 16], tail].concat());
    assert_eq!(row(&[0, 0, 0, 0, 0]), "a row is without charges");
    assert_eq!(row(&[1, 1, 0, 0, 0, 0]), "a sum is malformed");
    assert_eq!(row(&[1, 33, 0, 0, 0, 0]), "the end is missing");
    assert_eq!(row(&[&[1, 32][..], &[0x7f; 32], &[0, 0, 0]].concat()), "the sums are too large");
    let twice = [&[0; 16][..], &[1, 0, 0, 0, 0], &[0; 16], &[1, 0, 0, 0, 0]].concat();
    assert_eq!(bill(&[&b"2026-05USD\x00\x00\x00\x02"[..], &twice].concat()), "the rows are not in order");
}

#[test]
fn cubes_of_different_tags_do_not_merge() {
    let [one, other] = ["team", "env"].map(|tag| CubeBuilder::new(vec![tag.to_owned()]).finish());
    let refused = Cube::merge([&one, &other]).unwrap_err();
    assert_eq!(refused, CubeMergeError::TagKeys { first: "team".to_owned(), second: "env".to_owned() });
    assert_eq!(Cube::merge([]).unwrap().bills().count(), 0);
}

#[test]
fn a_provider_invoice_of_two_currencies_is_refused_also_across_cubes() {
    let dollars = Row::new("1").with(Dimension::InvoiceId, "INV-1");
    let mut euros = dollars.clone();
    euros.currency = Currency::try_new("EUR").unwrap();
    let refused = Cube::merge([&of(&[dollars]), &of(&[euros])]).unwrap_err();
    assert!(matches!(refused, CubeMergeError::Charges(CubeError::TwoCurrencies { .. })), "{refused}");
}

#[test]
fn sums_without_room_to_be_divided_are_refused() {
    let huge = |service: &str| {
        let mut row = Row::new("0").with(Dimension::Service, service);
        row.cost.billed = Exact::from_i128(4, 0) + exact("0.00000000000000000000000000000000000000000001");
        row.cost.effective = Exact::from_i128(300_000_000_000_000_000_000_000_000, 0);
        of(&[row])
    };
    assert!(Cube::merge([&huge("a")]).is_ok());
    assert!(matches!(Cube::merge([&huge("a"), &huge("b")]), Err(CubeMergeError::TooLarge(_))));
}

#[test]
fn the_name_of_a_sub_account_is_the_first_in_order_whichever_cube_has_it() {
    let [b, a] = ["b", "a"].map(|name| of(&[Row::new("1").named(name)]));
    let merged = Cube::merge([&b, &a]).unwrap();
    assert_eq!(merged.sub_account_name(common::bill(&merged), "AWS", "1"), Some("a"));
}
