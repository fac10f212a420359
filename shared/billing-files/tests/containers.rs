//! Containers of text, and files that are none of those that are read.

mod support;

use std::path::Path;

use dayone_billing_files::limits::{MAX_COLUMNS, MAX_FIELD_BYTES, MAX_KEY_BYTES, MAX_ROW_BYTES};
use dayone_billing_files::{Container, Place, Progress, read_with_progress};
use dayone_domain::Exact;
use dayone_domain::charge::Dimension;
use proptest::prelude::*;

use support::{Folder, OPTIONS, exact, focus, gzip, pointed, read, read_bytes, zip_of};

#[test]
fn a_container_is_told_by_its_content_whatever_its_name() {
    let csv = focus().again().csv();
    for (bytes, container) in [
        (csv.clone().into_bytes(), Container::Csv),
        (gzip(&csv), Container::CsvGzip),
        (zip_of(&[("bill.csv", csv.as_bytes())]), Container::CsvZip),
    ] {
        for name in ["bill.csv", "bill.csv.gz", "bill.csv.zip", "bill.parquet", "bill"] {
            let (facts, charges) = read(&Folder::new().file(name, &bytes)).unwrap();
            assert_eq!((facts.container, facts.rows), (container, 2), "{name}");
            assert_eq!(charges[1].cost.billed, exact("1.25"));
        }
    }
}

#[test]
fn several_gzip_members_are_one_text() {
    let csv = focus().again().again().csv();
    let (first, second) = csv.split_at(csv.len() / 2);
    let bytes = [gzip(first), gzip(second)].concat();
    assert_eq!(read_bytes(bytes).unwrap().0.rows, 3);
}

#[test]
fn a_zip_may_hold_folders_and_what_archivers_leave() {
    let csv = focus().csv();
    let zip = zip_of(&[("a/", b""), ("__MACOSX/a/._bill.csv", b"x"), (".DS_Store", b"x"), ("a/bill.csv", csv.as_bytes())]);
    assert_eq!(read_bytes(zip).unwrap().0.rows, 1);
}

#[test]
fn byte_order_mark_line_endings_and_quoted_lines_are_read() {
    let csv = focus().csv();
    for text in [format!("\u{feff}{csv}"), csv.replace('\n', "\r\n"), csv.trim_end().to_owned(), format!("{csv}\n\n")] {
        assert_eq!(read_bytes(&text).unwrap().1[0].value(Dimension::Provider), "AWS", "{text}");
    }
}

#[test]
fn lines_that_end_in_a_carriage_return_alone_are_refused() {
    let csv = focus().again().csv();
    let mac = csv.replace('\n', "\r");
    let one = csv.replacen("AWS", "A\rWS", 1);
    let quoted = focus().with("SubAccountName", "a\n\"b\"").csv().replace('\n', "\r");
    for (text, line) in [(mac.clone().into_bytes(), 1), (gzip(&mac), 1), (one.into_bytes(), 2), (quoted.into_bytes(), 1)] {
        let refusal = read_bytes(text).unwrap_err();
        assert_eq!(refusal.place, Some(Place::Line(line)), "{refusal}");
        assert!(refusal.reason.contains("carriage return") && refusal.what_to_do.contains("LF"), "{refusal}");
    }
    // Converted twice, and within quotation marks, they do no harm.
    let inside = focus().again().with("SubAccountName", "a\rb").with("BilledCost", "x").csv();
    for text in [inside.clone(), inside.replace('\n', "\r\n"), inside.replace('\n', "\r\r\n")] {
        let refusal = read_bytes(text).unwrap_err();
        assert_eq!(pointed(&refusal), (3, "BilledCost", "x"), "{refusal}");
    }
}

#[test]
fn a_column_that_is_not_read_may_be_there_twice() {
    let mut table = focus().with("x_Note", "a");
    table.columns.push("x_Note".to_owned());
    table.rows[0].push("b".to_owned());
    let (facts, charges) = table.read().unwrap();
    assert_eq!((facts.columns, charges[0].cost.billed), (26, exact("1.25")));
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_unopened() {
    let folder = Folder::new();
    let pipe = folder.path("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let socket = folder.path("socket.csv");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let link = folder.path("link.csv");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    for path in [&pipe, &socket, &link, Path::new("/dev/zero")] {
        let refusal = read(path).unwrap_err();
        assert!(refusal.reason.contains("is no regular file") && !refusal.retryable, "{refusal}");
    }
    let bill = folder.file("bill.csv", focus().csv());
    let link = folder.path("bill-link.csv");
    std::os::unix::fs::symlink(bill, &link).unwrap();
    assert_eq!(read(&link).unwrap().0.rows, 1);
}

#[test]
fn an_entry_of_a_zip_whose_name_is_not_unicode_is_data() {
    let csv = focus().csv();
    let renamed = |zip: Vec<u8>| {
        let mut zip = zip;
        let places: Vec<usize> = (0..zip.len() - 8).filter(|at| zip[*at..].starts_with(b"@@@@.csv")).collect();
        assert_eq!(places.len(), 2);
        places.into_iter().for_each(|at| zip[at..at + 4].copy_from_slice(&[0xff, 0xfe, 0x80, 0xc0]));
        zip
    };
    assert_eq!(read_bytes(renamed(zip_of(&[("@@@@.csv", csv.as_bytes())]))).unwrap().0.rows, 1);
    let two = renamed(zip_of(&[("bill.csv", csv.as_bytes()), ("@@@@.csv", csv.as_bytes())]));
    assert!(read_bytes(two).unwrap_err().reason.contains("2 files"));
}

#[test]
fn nothing_of_a_file_that_a_terminal_obeys_is_displayed() {
    let bad = "\u{1b}]0;x\u{7}\u{202e}\u{2066}";
    let header = format!("name{bad},age\n1,2\n");
    let value = focus().with("BilledCost", bad).csv();
    for text in [header, value, format!("{{{bad}")] {
        let refusal = read(&Folder::new().file(&format!("bill{}.csv", bad.replace('/', "")), text)).unwrap_err().to_string();
        assert!(
            !refusal.contains(|character: char| character.is_control() || bad[4..].contains(character) && !character.is_ascii()),
            "{refusal:?}"
        );
    }
    let file = Folder::new();
    let refusal = dayone_billing_files::read(&file.file("bill.csv", focus().csv()), &OPTIONS, &mut |_| {
        Err(dayone_billing_files::ChargeRefusal {
            dimension: None,
            value: Some(bad.to_owned()),
            reason: bad.to_owned(),
            what_to_do: bad.to_owned(),
        })
    })
    .unwrap_err();
    assert_eq!(&*refusal.reason, bad);
    assert!(!refusal.to_string().contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{2066}']), "{refusal:?}");
}

#[test]
fn a_row_is_named_by_the_line_it_begins_on() {
    let table = focus().with("SubAccountName", "shop, \"north\"\nand south").again().again().with("BilledCost", "x");
    let csv = table.csv();
    for (text, line) in [
        (csv.clone(), 6),
        (csv.trim_end().to_owned(), 6),
        (csv.replace('\n', "\r\n"), 6),
        (csv.replace('\n', "\r\n").trim_end().to_owned(), 6),
        (csv.replacen('\n', "\n\n", 1), 7),
        (csv.replace('\n', "\r\n").replacen("\r\n", "\r\n\r\n", 1), 7),
        (format!("\u{feff}{csv}"), 6),
        (csv.replace('x', "1"), 0),
    ] {
        let refusal = read_bytes(&text);
        assert_eq!(refusal.err().and_then(|refusal| refusal.place).map_or(0, Place::number), line, "{text}");
    }
}

#[test]
fn files_that_cannot_be_read_right_are_refused() {
    let csv = focus().again().csv();
    let zipped = gzip(&csv);
    let zip = zip_of(&[("bill.csv", csv.as_bytes())]);
    let mut damaged = zipped.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 0xff;
    let mut damaged_zip = zip.clone();
    damaged_zip[60] ^= 0xff;
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (bytes, reason) in [
        (Vec::new(), "empty"),
        (gzip(""), "empty"),
        (zip_of(&[("bill.csv", b"")]), "empty"),
        ("\u{feff}".as_bytes().to_vec(), "empty"),
        (b"\n\n".to_vec(), "empty"),
        (zipped[..zipped.len() - 12].to_vec(), "cut short"),
        (zipped[..zipped.len() - 4].to_vec(), "cut short"),
        (zipped[..5].to_vec(), "cut short"),
        (damaged, "damaged"),
        ([zipped.clone(), b"these bytes are no gzip".to_vec()].concat(), "damaged"),
        (zip[..zip.len() / 2].to_vec(), "zip is damaged"),
        (damaged_zip, "damaged"),
        (zip_of(&[]), "no data file"),
        (zip_of(&[("folder/", b"")]), "no data file"),
        (zip_of(&[("a.csv", csv.as_bytes()), ("b.csv", csv.as_bytes())]), "2 files"),
        (gzip(gzip(&csv)), "holds CSV in gzip inside"),
        (gzip(&zip), "holds CSV in zip inside"),
        (gzip("PAR1"), "holds Parquet inside"),
        (utf16, "UTF-16"),
        (vec![0x89, b'P', b'N', b'G', 0xff, 0xfe, 0xfd], "neither text"),
        (b"{\"manifest\": 1}\n".to_vec(), "JSON"),
        (csv.replace(',', ";").into_bytes(), "semicolons"),
        (csv.replace(',', "\t").into_bytes(), "tabs"),
        (b"a,b\n1,2\n".to_vec(), "no known format"),
        (b"Date,MeterCategory,CostInBillingCurrency\n".to_vec(), "native Azure"),
        (b"billing_account_id,service.description,sku.description,usage_start_time,cost\n".to_vec(), "native Google"),
        (b"lineItem/referenceNo,lineItem/tenantId,cost/myCost\n".to_vec(), "native Oracle"),
        (b"ContractCommitmentId,ContractCommitmentCost,BillingCurrency\n".to_vec(), "contract-commitment"),
    ] {
        let refusal = read_bytes(&bytes).expect_err(reason);
        assert!(refusal.reason.contains(reason), "{reason}: {refusal}");
        assert!(!refusal.what_to_do.is_empty() && !refusal.retryable, "{refusal}");
        assert!(refusal.file.ends_with("bill.csv"), "{refusal}");
    }
}

#[test]
fn a_native_export_is_told_to_be_exported_as_focus() {
    let refusal = read_bytes("Date,MeterCategory,CostInBillingCurrency\n").unwrap_err();
    assert!(refusal.what_to_do.contains("FOCUS"), "{refusal}");
}

#[test]
fn a_ragged_row_is_refused_with_its_line() {
    let csv = focus().again().again().csv();
    let mut lines: Vec<&str> = csv.lines().collect();
    let (long, short) = (format!("{},", lines[2]), lines[2].split_once(',').unwrap().1.to_owned());
    for (row, fields) in [(long.as_str(), "25 fields"), (short.as_str(), "23 fields"), ("x", "1 field")] {
        lines[2] = row;
        let refusal = read_bytes(lines.join("\n")).unwrap_err();
        assert_eq!(refusal.place, Some(Place::Line(3)), "{refusal}");
        assert_eq!(&*refusal.reason, format!("the row has {fields}, and the header has 24: the file is damaged or was edited by hand"));
    }
}

#[test]
fn an_open_quotation_mark_never_swallows_rows() {
    let csv = focus().again().again().again().csv();
    let lines: Vec<&str> = csv.lines().collect();
    let fields = lines[0].split(',').count();
    for place in 0..fields {
        // At the beginning of each field of the second row in turn: a reader that knows no better goes on to the next mark.
        let mut row: Vec<String> = lines[2].splitn(fields, ',').map(str::to_owned).collect();
        row[place].insert(0, '"');
        let text = [lines[0], lines[1], &row.join(","), lines[3], lines[4]].join("\n");
        let refusal = read_bytes(text).expect_err("rows may be hidden");
        assert_eq!(refusal.place, Some(Place::Line(3)), "{refusal}");
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_line_and_column() {
    let mut bytes = focus().again().with("SubAccountName", "Z@rich").csv().into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'@').unwrap();
    bytes[at] = 0xfc;
    let crlf = bytes.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect();
    for bytes in [bytes, crlf] {
        let refusal = read_bytes(&bytes).unwrap_err();
        assert_eq!(pointed(&refusal), (3, "SubAccountName", ""), "{refusal}");
        assert!(refusal.reason.contains("UTF-8"), "{refusal}");
    }
}

#[test]
fn limits_are_refused_by_name() {
    let header: Vec<String> = (0..=MAX_COLUMNS).map(|number| format!("c{number}")).collect();
    let refusal = read_bytes(header.join(",")).unwrap_err();
    assert!(refusal.reason.contains(&MAX_COLUMNS.to_string()), "{refusal}");
    let long = "x".repeat(MAX_KEY_BYTES + 1);
    for column in ["SubAccountName", "SubAccountId", "ServiceName", "ChargeCategory"] {
        let refusal = focus().with(column, &long).refusal();
        assert_eq!(pointed(&refusal).1, column);
        assert!(refusal.reason.contains("MAX_KEY_BYTES") && refusal.reason.contains("4096"), "{refusal}");
        assert!(refusal.to_string().len() < 500, "{refusal}");
    }
    assert_eq!(focus().with("SubAccountName", &long[1..]).charge().sub_account_name.len(), MAX_KEY_BYTES);
    for (value, limit) in [(&long, "MAX_KEY_BYTES"), (&"x".repeat(MAX_FIELD_BYTES), "MAX_FIELD_BYTES")] {
        let refusal = focus().with("Tags", &format!("{{\"team\":\"{value}\"}}")).refusal();
        assert_eq!(pointed(&refusal).1, "Tags");
        assert!(refusal.reason.contains(limit) && refusal.to_string().len() < 500, "{refusal}");
    }
    // What is not read may be of any length.
    assert_eq!(focus().with("ChargeDescription", &"x".repeat(MAX_FIELD_BYTES + 1)).charge().cost.billed, exact("1.25"));
}

#[test]
fn a_quotation_mark_that_is_never_closed_does_not_fill_memory() {
    let csv = focus().again().csv();
    let (start, _) = csv.rsplit_once("AWS").unwrap();
    let endless = format!("{start}\"AWS,{}", "row,after,row\n".repeat(MAX_ROW_BYTES / 8));
    let refusal = read_bytes(gzip(endless)).unwrap_err();
    assert_eq!(refusal.place, Some(Place::Line(3)), "{refusal}");
    assert!(refusal.reason.contains("quotation mark"), "{refusal}");
}

#[test]
fn trouble_outside_of_the_file_says_so() {
    let folder = Folder::new();
    let refusal = read(&folder.path("missing.csv")).unwrap_err();
    assert!(refusal.reason.contains("no such file") && refusal.to_string().contains("missing.csv"), "{refusal}");
    let refusal = read(folder.path("x").parent().unwrap()).unwrap_err();
    assert!(refusal.reason.contains("folder"), "{refusal}");
}

#[test]
fn progress_grows_to_the_size_of_the_file() {
    let mut table = focus();
    table.rows = vec![table.rows[0].clone(); 20_000];
    let csv = table.csv();
    let folder = Folder::new();
    for bytes in [csv.clone().into_bytes(), gzip(&csv), zip_of(&[("bill.csv", csv.as_bytes())])] {
        let path = folder.file("bill.csv", &bytes);
        let mut seen: Vec<Progress> = Vec::new();
        read_with_progress(&path, &OPTIONS, &mut |progress| seen.push(progress), &mut |_| Ok(())).unwrap();
        assert!(seen.len() >= 4 && seen.is_sorted_by_key(|progress| progress.read), "{seen:?}");
        assert!(seen.iter().all(|progress| progress.total == bytes.len() as u64));
        assert_eq!(seen.last().unwrap().read, bytes.len() as u64);
    }
}

#[test]
fn a_refusal_names_the_file_as_it_was_asked_for() {
    let refusal = read(Path::new("no/such/../bill.csv")).unwrap_err();
    assert_eq!(&*refusal.file, "no/such/../bill.csv");
}

proptest! {
    #[test]
    fn any_costs_sum_to_the_last_digit_in_any_container(units in prop::collection::vec((any::<i64>(), 0u32..28), 1..40)) {
        let mut table = focus();
        let row = table.rows[0].clone();
        table.rows.clear();
        let mut sum = Exact::ZERO;
        for (units, scale) in &units {
            let cost = Exact::from_i128(i128::from(*units), *scale);
            table.rows.push(row.clone());
            table = table.with("BilledCost", &cost.to_string());
            sum += cost;
        }
        let csv = table.csv();
        for bytes in [csv.clone().into_bytes(), gzip(&csv), zip_of(&[("bill.csv", csv.as_bytes())])] {
            let (_, charges) = read_bytes(bytes).unwrap();
            prop_assert_eq!(charges.iter().map(|charge| charge.cost.billed).sum::<Exact>(), sum);
        }
    }

    #[test]
    fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), magic in 0usize..5) {
        let magics: [&[u8]; 5] = [b"", b"\x1f\x8b\x08", b"PK\x03\x04", b"PAR1", b"BilledCost,ChargeCategory\n"];
        bytes.splice(0..0, magics[magic].iter().copied());
        let _ = read_bytes(bytes);
    }
}
