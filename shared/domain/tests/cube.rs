//! Cubes are stored, added up and taken apart without losing a digit.
#![allow(missing_docs)]

mod common;

use std::io;

use common::generated::row;
use common::{Row, cube, exact, period, usd};
use dayone_domain::charge::{Cost, Dimension};
use dayone_domain::cube::{
    BillKey, Code, Cube, CubeBuilder, CubeBytesError, CubeError, CubeLimits, CubeMergeError, MergedParts, PartsError, merge_parts,
};
use dayone_domain::exact::{Units, power_of_ten};
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{Currency, Exact};
use proptest::prelude::*;

fn of(rows: &[Row]) -> Cube {
    cube(rows).0
}

/// Parts merged as they are read, a few bytes at a time.
fn merged_parts(parts: &[Vec<u8>], limits: CubeLimits) -> Result<(Vec<u8>, MergedParts), PartsError> {
    struct Drops<'a>(&'a [u8]);
    impl io::Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let drop = into.len().min(7);
            self.0.read(&mut into[..drop])
        }
    }
    let mut bytes = Vec::new();
    let found = merge_parts(parts.iter().map(|part| Drops(part)).collect(), limits, &mut bytes)?;
    Ok((bytes, found))
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

        let (bytes, found) = merged_parts(&parts.map(|(cube, _)| cube.to_bytes()), CubeLimits::default()).unwrap();
        prop_assert_eq!(&bytes, &whole.to_bytes());
        let bills: Vec<(BillKey, u64)> = whole.bills().map(|key| (key, whole.master_bill(key).0)).collect();
        prop_assert_eq!(found, MergedParts { rows: whole.bills().map(|key| whole.rows(key).len()).sum(), bills });
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
    fn damaged_parts_are_refused_as_they_are_alone(rows in rows(), at in any::<prop::sample::Index>(), byte: u8) {
        let (sound, mut bytes) = (stored(&rows), stored(&rows));
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let alone = Cube::from_bytes(&bytes);
        match (merged_parts(&[sound.clone(), bytes], CubeLimits::default()), alone) {
            (Ok((merged, _)), Ok(cube)) => {
                let whole = Cube::merge([&Cube::from_bytes(&sound).unwrap(), &cube]).unwrap();
                prop_assert_eq!(merged, whole.to_bytes());
            }
            (Err(PartsError::Part { part, error }), Err(alone)) => prop_assert_eq!((part, error), (1, alone)),
            (Err(PartsError::Merge(_)), _) => {}
            (merged, alone) => prop_assert!(false, "{merged:?} but {:?}", alone.map(|_| ())),
        }
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
        let _ = Cube::from_bytes(&[b"D1CUBE\x02".as_slice(), &bytes].concat());
    }
}

#[test]
fn the_format_is_pinned() {
    let tax = Row::new("-1.25").team("a").named("shop").with(Dimension::ChargeCategory, "Tax");
    let usage = Row::new("300").team("a").with(Dimension::SubAccount, "1");
    let text = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    let texts = ["", "1", "2026-05", "AWS", "Tax", "Usage", "a", "test"];
    let bytes = [
        b"D1CUBE\x02".to_vec(),
        [&[1][..], &text("team")].concat(),
        [vec![8], texts.iter().flat_map(|each| text(each)).collect()].concat(),
        [&[1][..], b"2026-05USD", &[2]].concat(),
        [vec![1], text("AWS"), text("1"), text("shop")].concat(),
        vec![1, 7, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 2, 0, 0, 0, 4, 6, 1, 2],
        vec![1, 0x83, 1, 0x83, 1, 0x83, 0],
        vec![10, 5, 0, 2, 0, 0, 0, 5, 6, 1, 0],
        vec![2, 0x2c, 1, 2, 0x2c, 1, 2, 0x2c, 1, 0],
        vec![0, 0],
    ];
    assert_eq!(stored(&[tax, usage]), bytes.concat());
}

fn damaged(bytes: &[u8]) -> &'static str {
    match Cube::from_bytes(bytes) {
        Err(CubeBytesError::Damaged { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

/// What is wrong with a cube of the texts `` and `a`, without tags, whose bills these are.
fn damaged_bills(bills: &[u8]) -> &'static str {
    damaged(&[b"D1CUBE\x02\x00\x02\x00\x01a", bills].concat())
}

/// What is wrong with these rows of a bill; a row begins with how many places are those of the row before.
fn damaged_rows(rows: &[&[u8]]) -> &'static str {
    damaged_bills(&[b"\x012026-05USD\x00\x00", &rows.concat()[..], &[0, 0]].concat())
}

#[test]
fn bytes_of_something_else_are_refused() {
    assert_eq!(Cube::from_bytes(b"").unwrap_err(), CubeBytesError::NotACube);
    assert_eq!(Cube::from_bytes(b"D1CUBE").unwrap_err(), CubeBytesError::NotACube);
    assert_eq!(Cube::from_bytes(b"PAR1").unwrap_err(), CubeBytesError::NotACube);
    assert_eq!(Cube::from_bytes(b"D1CUBE\x01").unwrap_err(), CubeBytesError::Version(1));
    let with = |rest: &[u8]| damaged(&[b"D1CUBE\x02", rest].concat());
    assert_eq!(with(&[]), "the end is missing");
    assert_eq!(with(&[0, 0, 0]), "the texts are missing or too many");
    assert_eq!(with(&[0, 255, 255, 255, 255, 255, 127, 0]), "the texts are missing or too many");
    assert_eq!(with(&[0, 1, 1, b'a', 0]), "the empty text is missing");
    assert_eq!(with(&[0, 2, 0, 0, 0]), "the texts are not in order");
    assert_eq!(with(&[0, 3, 0, 1, b'b', 1, b'a', 0]), "the texts are not in order");
    assert_eq!(with(&[0, 2, 0, 1, 0xff, 0]), "a text is not UTF-8");
    assert_eq!(with(&[0, 2, 0, 1, b'a', 0]), "a text is in no row");
    assert_eq!(with(&[0, 2, 0, 255, 255, 255, 255, 127]), "a text is too long");
    assert_eq!(with(&[0x80, 0]), "a count is malformed");
    assert_eq!(with(&[0, 1, 0, 0, 0]), "something follows the end");
    assert_eq!(with(&[0, 1, 0, 2]), "neither a bill nor the end follows");
    // Counts of 2^63 ask for nothing that is not there.
    assert_eq!(with(&[255, 255, 255, 255, 255, 255, 255, 255, 127]), "the end is missing");
}

#[test]
fn bills_that_no_cube_has_are_refused() {
    assert_eq!(damaged_bills(b"\x012026-13USD"), "a billing period is none");
    assert_eq!(damaged_bills(b"\x012026-05usd"), "a currency is none");
    assert_eq!(damaged_bills(b"\x012026-05USD\x04\x00"), "a flag is unknown");
    assert_eq!(damaged_bills(b"\x012026-05USD\x00\x00\x00"), "a bill is without rows");
    assert_eq!(damaged_bills(b"\x012026-05USD\x00\x01\x00\x00\x00"), "the names of sub accounts are empty or not in order");
    let bill = [&b"\x012026-05USD\x00\x00\x01"[..], &[1; 16], &[1, 0, 0, 0, 0, 0, 0]].concat();
    assert_eq!(damaged_bills(&[&bill[..], &bill, &[0]].concat()), "the bills are not in order");
    let euros = [&b"\x012026-05EUR\x00\x00\x01"[..], &[1; 16], &[1, 0, 0, 0, 0, 0, 0]].concat();
    assert_eq!(damaged_bills(&[&euros[..], &bill, &[0]].concat()), "a provider invoice is in two currencies");
}

#[test]
fn rows_that_no_cube_has_are_refused() {
    let row = |tail: &[u8]| damaged_rows(&[&[1], &[0; 16], tail]);
    assert_eq!(damaged_rows(&[&[1], &[2; 16], &[1; 5]]), "a text is missing");
    assert_eq!(row(&[0, 0, 0, 0, 0, 0]), "a row is without charges");
    assert_eq!(row(&[1, 45, 0, 0, 0, 0]), "a scale is too large");
    assert_eq!(row(&[1, 1, 1, 10, 0, 0, 0]), "a scale is larger than its row needs");
    assert_eq!(row(&[1, 0, 1, 0, 0, 0, 0]), "a sum is malformed");
    assert_eq!(row(&[1, 0, 33, 0, 0, 0, 0]), "a sum is malformed");
    assert_eq!(row(&[&[1, 0, 32][..], &[0x7f; 32], &[0, 0, 0]].concat()), "the sums are too large");
    let sums = [1, 0, 0, 0, 0, 0];
    for second in [&[1][..], &[16, 0], &[17], &[200, 1]] {
        let second = [second, &vec![0; 17_usize.saturating_sub(usize::from(second[0]))]].concat();
        assert_eq!(damaged_rows(&[&[1], &[0; 16], &sums, &second, &sums]), "the rows are not in order", "{second:?}");
    }
    assert_eq!(damaged_rows(&[&[2], &[0; 15], &sums]), "the rows are not in order");
    let most = [&[255, 255, 255, 255, 255, 255, 255, 255, 255, 1][..], &[0; 5]].concat();
    assert_eq!(damaged_rows(&[&[1], &[0; 16], &most, &[16, 1], &most]), "there are too many charges");
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

/// The codes that a builder gives a row.
fn codes_of(builder: &mut CubeBuilder, row: &Row) -> Vec<Code> {
    let month = row.period.to_string();
    let tags: Vec<(&str, &str)> = row.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let charge = row.charge(&month, &tags);
    let mut codes: Vec<Code> = charge.values.iter().map(|value| builder.code(value)).collect();
    codes.push(builder.code(tags.first().map_or("", |(_, value)| value)));
    codes
}

/// Adds rows that agree in all but their cost as one sum, counted with some decimals more than it needs.
fn add_summed(builder: &mut CubeBuilder, rows: &[Row], more: u32) {
    let mut left: Vec<&Row> = rows.iter().collect();
    while let Some(first) = left.first().copied() {
        // A sum says by itself whether there is a list cost.
        let likeness = |row: &Row| (row.cost.list.is_some(), format!("{:?}", Row { cost: Cost::default(), ..row.clone() }));
        let (alike, others): (Vec<&Row>, Vec<&Row>) = left.iter().partition(|row| likeness(row) == likeness(first));
        let sum = |of: fn(&Cost) -> Exact| {
            let sum: Exact = alike.iter().map(|row| of(&row.cost)).sum();
            let scale = (sum.scale() + more).min(44);
            Exact::new(sum.units_at(scale), scale)
        };
        let list = first.cost.list.map(|_| sum(|cost| cost.list.unwrap()));
        let cost = Cost { billed: sum(|cost| cost.billed), effective: sum(|cost| cost.effective), list, contracted: None };
        let codes = codes_of(builder, first);
        let name = builder.code(&first.sub_account_name);
        let bill = BillKey { period: first.period, currency: first.currency };
        builder.add_sums(bill, &codes, name, alike.len() as u64, &cost).unwrap();
        left = others;
    }
}

proptest! {
    #[test]
    fn the_same_charges_are_the_same_bytes_in_any_order_and_however_they_were_summed_before(
        rows in rows().prop_flat_map(|rows| (Just(rows.clone()), Just([rows.clone(), rows].concat()).prop_shuffle())),
        cuts in prop::collection::vec(0usize..60, 4),
        more in 0u32..20,
    ) {
        // Each twice, so that there is something to sum.
        let (rows, shuffled) = rows;
        let one_by_one = stored(&[rows.clone(), rows].concat());
        prop_assert_eq!(&stored(&shuffled), &one_by_one);

        let mut cuts: Vec<usize> = cuts.iter().map(|cut| (*cut).min(shuffled.len())).chain([0, shuffled.len()]).collect();
        cuts.sort_unstable();
        let groups: Vec<&[Row]> = cuts.windows(2).map(|cut| &shuffled[cut[0]..cut[1]]).collect();
        let mut summed = CubeBuilder::new(vec!["team".to_owned()]);
        groups.iter().for_each(|rows| add_summed(&mut summed, rows, more));
        prop_assert_eq!(&summed.finish().to_bytes(), &one_by_one);

        let parts: Vec<Cube> = groups.iter().enumerate().map(|(place, rows)| {
            let mut part = CubeBuilder::new(vec!["team".to_owned()]);
            if place % 2 == 0 { add_summed(&mut part, rows, more) } else { return of(rows) }
            part.finish()
        }).collect();
        prop_assert_eq!(&Cube::merge(&parts).unwrap().to_bytes(), &one_by_one);
    }

    #[test]
    fn sums_of_any_width_are_exact(units in prop::collection::vec((any::<i64>(), 0u32..3, 0u32..45, 0usize..3), 1..40)) {
        // Up to 19 digits before the point and 44 after: beyond 128 bits, and back within them where the sums cancel out.
        let amount = |(units, tens, scale, _): &(i64, u32, u32, usize)| Exact::new(Units::from(*units) * power_of_ten((tens * 10).min(*scale)), *scale);
        let services = ["a", "b", "c"];
        let rows: Vec<Row> = units.iter().map(|each| {
            let mut row = Row::new("0").with(Dimension::Service, services[each.3]);
            row.cost.billed = amount(each);
            row
        }).collect();
        let cancelled: Vec<Row> = rows.iter().skip(1).map(|row| {
            let mut row = row.clone();
            row.cost.billed = -row.cost.billed;
            row
        }).collect();
        let sums = |rows: &[Row]| -> Vec<(String, Exact)> {
            let cube = Cube::from_bytes(&of(rows).to_bytes()).unwrap();
            cube.rows(common::bill(&cube)).map(|row| (row.value(Dimension::Service).to_owned(), row.cost().billed)).collect()
        };
        for (service, sum) in sums(&rows) {
            let expected: Exact = units.iter().filter(|each| services[each.3] == service).map(amount).sum();
            prop_assert_eq!(sum, expected);
        }
        let all = [rows.clone(), cancelled].concat();
        let whole: Exact = sums(&all).into_iter().map(|(_, sum)| sum).sum();
        prop_assert_eq!(whole, rows[0].cost.billed);
        let scale = rows[0].cost.billed.normalized().scale();
        let cube = of(&all);
        prop_assert_eq!(cube.scale_of(common::bill(&cube)), scale);
    }
}

#[test]
fn the_decimals_of_a_bill_are_those_that_its_sums_need() {
    let scale = |rows: &[Row]| of(rows).scale();
    assert_eq!(scale(&[Row::new("0.5"), Row::new("0.5")]), 0);
    assert_eq!(scale(&[Row::new("0.5"), Row::new("0.5").team("other")]), 1);
    assert_eq!(scale(&[Row::new("0.125"), Row::new("-0.125"), Row::new("10.10")]), 1);
    let part = |text: &str| of(&[Row::new(text).team("a"), Row::new("1").team("b")]);
    assert_eq!(Cube::merge([&part("0.75"), &part("0.25")]).unwrap().scale(), 0);
    let cube = of(&[Row::new("0.25").team("a"), Row::new("0.75").team("b")]);
    assert_eq!((cube.scale(), cube.with_tag_keys(&[]).unwrap().scale()), (2, 0));
    let cube = of(&[Row::new("0.25"), Row::new("3").in_period("2026-06")]);
    assert_eq!((cube.of_period(period("2026-05")).scale(), cube.of_period(period("2026-06")).scale()), (2, 0));
}

#[test]
fn a_refused_charge_leaves_the_sums_as_they_were() {
    let dollars = Row::new("1").with(Dimension::InvoiceId, "INV-1");
    let euros = Row { currency: Currency::try_new("EUR").unwrap(), ..dollars.clone() };
    let mut builder = CubeBuilder::new(vec!["team".to_owned()]);
    builder.add(&dollars.charge("2026-05", &[])).unwrap();
    let refused = builder.add(&euros.charge("2026-05", &[])).unwrap_err();
    assert_eq!(refused.to_string(), "provider invoice `INV-1` is in USD in an earlier charge and in EUR here");
    assert_eq!(builder.finish().to_bytes(), stored(&[dollars]));
}

#[test]
fn a_cube_has_so_many_rows_and_no_more() {
    let limits = CubeLimits { rows: 2, ..CubeLimits::default() };
    let mut builder = CubeBuilder::with_limits(vec!["team".to_owned()], limits);
    let rows = ["a", "b", "c"].map(|service| Row::new("1").with(Dimension::Service, service));
    let mut add = |row: &Row| builder.add(&row.charge("2026-05", &[]));
    assert_eq!((add(&rows[0]), add(&rows[1]), add(&rows[0])), (Ok(()), Ok(()), Ok(())));
    assert_eq!(add(&rows[2]), Err(CubeError::TooMany { what: "combinations", limit: 2 }));
    assert_eq!(add(&rows[1]), Ok(()));
    assert_eq!(builder.finish().to_bytes(), stored(&[&rows[..2], &rows[..2]].concat()));
}

#[test]
fn a_cube_has_so_many_bytes_of_text_and_no_more() {
    let row = Row::new("1").with(Dimension::Service, "a").team("");
    // Usage (as category and type), 2026-05, AWS, test and a.
    let limits = CubeLimits { text_bytes: 20, ..CubeLimits::default() };
    let mut builder = CubeBuilder::with_limits(vec!["team".to_owned()], limits);
    let mut add = |row: &Row| builder.add(&row.charge("2026-05", &[]));
    assert_eq!(add(&row), Ok(()));
    let refused = CubeError::TooMany { what: "bytes of text", limit: 20 };
    assert_eq!(add(&row.clone().with(Dimension::Service, "b")), Err(refused.clone()));
    assert_eq!(add(&row), Err(refused));
    assert_eq!(builder.finish().to_bytes(), stored(&[row]));
}

#[test]
#[should_panic(expected = "a row has 17 codes, not 16")]
fn a_row_has_a_code_for_each_dimension_and_tag() {
    let mut builder = CubeBuilder::new(vec!["team".to_owned()]);
    let key = BillKey { period: period("2026-05"), currency: usd() };
    let _ = builder.add_sums(key, &[Code::default(); 16], Code::default(), 1, &Cost::default());
}

#[test]
fn a_million_accounts_and_thousands_of_teams_are_told_apart() {
    let (accounts, teams) = (1_000_000u32, 4_097);
    let mut builder = CubeBuilder::new(vec!["team".to_owned()]);
    let key = BillKey { period: period("2026-05"), currency: usd() };
    let cost = |billed: u32| Cost { billed: Exact::from_i128(i128::from(billed), 2), ..Cost::default() };
    // A step that shares no factor with their number takes every account once, out of order.
    for number in (0..accounts).map(|number| (u64::from(number) * 700_001 % u64::from(accounts)) as u32) {
        let mut codes = [Code::default(); 17];
        codes[Dimension::SubAccount as usize] = builder.code(&format!("{number:07}"));
        codes[16] = builder.code(&format!("team-{:04}", number % teams));
        builder.add_sums(key, &codes, Code::default(), 1, &cost(number)).unwrap();
    }
    let cube = builder.finish();
    assert_eq!(cube.rows(key).len(), accounts as usize);
    for (number, row) in (0u32..).zip(cube.rows(key)) {
        assert_eq!(row.value(Dimension::SubAccount).parse(), Ok(number));
        assert_eq!(row.tag(0)["team-".len()..].parse(), Ok(number % teams));
        assert_eq!(row.cost().billed.units_at(2), Units::from(number));
    }
}

fn refused_parts(parts: &[Vec<u8>], limits: CubeLimits) -> String {
    merged_parts(parts, limits).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn parts_that_are_no_cube_together_are_refused_as_they_are_in_memory() {
    let of_tags = |tag: &str| CubeBuilder::new(vec![tag.to_owned()]).finish();
    let dollars = Row::new("1").with(Dimension::InvoiceId, "INV-1");
    let euros = Row { currency: Currency::try_new("EUR").unwrap(), ..dollars.clone() };
    let mut huge = Row::new("0.00000000000000000000000000000000000000000001");
    huge.cost.effective = Exact::from_i128(300_000_000_000_000_000_000_000_000, 0);
    let huge = |service: &str| of(&[huge.clone().with(Dimension::Service, service)]);
    for parts in [[of_tags("team"), of_tags("env")], [of(&[euros]), of(&[dollars])], [huge("a"), huge("b")], [huge("a"), huge("a")]] {
        let in_memory = Cube::merge(&parts).unwrap_err().to_string();
        assert_eq!(refused_parts(&parts.map(|part| part.to_bytes()), CubeLimits::default()), in_memory);
    }
}

#[test]
fn no_parts_are_the_empty_cube() {
    let (bytes, found) = merged_parts(&[], CubeLimits::default()).unwrap();
    assert_eq!((bytes, found), (Cube::merge([]).unwrap().to_bytes(), MergedParts::default()));
}

#[test]
fn merged_parts_have_so_many_rows_and_bytes_of_text_and_no_more() {
    let parts = ["a", "b"].map(|service| stored(&[Row::new("1").with(Dimension::Service, service)]));
    // Usage (as category and type), 2026-05, AWS, test, a and b.
    let limits = CubeLimits { rows: 2, text_bytes: 21 };
    assert_eq!(merged_parts(&parts, limits).unwrap().1.rows, 2);
    let begin = "the charges up to here differ in more than";
    assert!(refused_parts(&parts, CubeLimits { rows: 1, ..limits }).starts_with(&format!("{begin} 1 combinations")));
    assert!(refused_parts(&parts, CubeLimits { text_bytes: 20, ..limits }).starts_with(&format!("{begin} 20 bytes of text")));
}

#[test]
fn a_part_that_cannot_be_read_and_a_cube_that_cannot_be_written_are_told() {
    struct Torn;
    impl io::Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("connection reset"))
        }
    }
    let refused = merge_parts(vec![Torn], CubeLimits::default(), io::sink()).unwrap_err();
    assert_eq!(refused.to_string(), "part 0 cannot be read: connection reset; try again");
    let full: &mut [u8] = &mut [0; 20];
    let refused = merge_parts(vec![&stored(&[Row::new("1")])[..]], CubeLimits::default(), full).unwrap_err();
    assert_eq!(refused.to_string(), "the merged cube cannot be written: failed to write whole buffer; try again");
}
