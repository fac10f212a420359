//! Golden files of every document, and what must hold of all of them.
//!
//! `INSTA_UPDATE=always cargo test -p dayone-documents` writes the golden files anew.

mod sample;

use std::collections::BTreeSet;

use dayone_documents::{Book, BookError, INDEX_FILE, Status};
use dayone_domain::invoice::Invoices;
use dayone_domain::{CostBasis, Exact};
use sample::{Sample, crowd, group, hostile, long, negotiated, northwind, reorganised, tree, yen};

fn book(sample: &Sample) -> Book<'_> {
    Book::try_new(&sample.company, &sample.invoices, Status::Preview).unwrap()
}

fn shown(sample: &Sample) -> &Invoices {
    sample.invoices.last().unwrap()
}

fn place(sample: &Sample, id: &str) -> usize {
    shown(sample).invoices.iter().position(|invoice| invoice.group.id == id).unwrap()
}

fn samples() -> Vec<Sample> {
    vec![northwind(CostBasis::Billed), northwind(CostBasis::Effective), yen(), reorganised(), long(), negotiated(), hostile()]
}

/// A page without its stylesheet, which would drown what a golden file is looked at for.
fn without_style(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, tail) = rest.split_once("</style>").unwrap();
    format!("{head}<style></style>{tail}")
}

/// All pages of a sample, with their file names.
fn pages(sample: &Sample) -> Vec<(String, String)> {
    let book = book(sample);
    let mut pages = vec![(INDEX_FILE.to_owned(), book.index(&sample.tie_out).unwrap())];
    for place in 0..shown(sample).invoices.len() {
        pages.push((format!("{}.html", book.file_stem(place)), book.page(place).unwrap()));
    }
    pages
}

/// What stands between `from` and `to`, each time.
fn all_between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

/// A printed amount as a number.
fn number(printed: &str) -> Exact {
    let plain: String = printed.chars().filter(|character| !matches!(character, ',' | '+')).collect();
    Exact::parse(&plain.replace('\u{2212}', "-")).unwrap_or_else(|error| panic!("`{printed}` {error}"))
}

/// The last amount of each table row of a class.
fn row_amounts(text: &str, class: &str) -> Vec<Exact> {
    let rows = all_between(text, &format!("<tr class=\"{class}\">"), "</tr>");
    rows.into_iter().map(|row| number(row.rsplit("<td class=\"num\">").next().unwrap().split('<').next().unwrap())).collect()
}

#[test]
fn golden_files() {
    let northwind = northwind(CostBasis::Billed);
    let yen = yen();
    let negotiated = negotiated();
    let hostile = hostile();
    for (name, sample, ids) in [
        ("northwind", &northwind, &["checkout", "shopping"][..]),
        ("yen", &yen, &["tokyo", "osaka"]),
        ("negotiated", &negotiated, &["shop"]),
        ("hostile", &hostile, &["evil"]),
    ] {
        let book = book(sample);
        for id in ids {
            let place = place(sample, id);
            insta::assert_snapshot!(format!("{name}.{id}.html"), without_style(&book.page(place).unwrap()));
            insta::assert_snapshot!(format!("{name}.{id}.csv"), book.csv(place));
            insta::assert_snapshot!(format!("{name}.{id}.json"), book.json(place));
        }
        insta::assert_snapshot!(format!("{name}.index.html"), without_style(&book.index(&sample.tie_out).unwrap()));
    }
}

#[test]
fn printed_movements_sum_to_the_printed_change() {
    for sample in samples() {
        for (name, page) in pages(&sample) {
            for table in all_between(&page, "<table class=\"movers\">", "</table>") {
                let (body, foot) = table.split_once("<tfoot>").unwrap();
                let amounts = |text| all_between(text, "<td class=\"num\">", "<").into_iter().map(number);
                assert_eq!(amounts(body).sum::<Exact>(), amounts(foot).next().unwrap(), "{} {name}", sample.company);
                assert!(amounts(body).count() <= 8, "{name}: six movements, or seven, and the rest");
            }
        }
    }
}

#[test]
fn the_printed_change_of_an_invoice_is_between_the_two_printed_amounts() {
    let sample = northwind(CostBasis::Billed);
    let page = book(&sample).page(place(&sample, "checkout")).unwrap();
    let now = number(all_between(&page, "USD</span> ", "<")[0]);
    let before = number(all_between(&page, "<span class=\"before\">USD\u{a0}", " in")[0]);
    let change = number(all_between(&page, "id=\"moved\">What moved since March</h2><p class=\"sum\">", "<")[0]);
    assert_eq!(now - before, change);
}

#[test]
fn printed_subtotals_sum_to_the_printed_total() {
    for sample in samples() {
        let book = book(&sample);
        for (place, invoice) in shown(&sample).invoices.iter().enumerate() {
            let page = book.page(place).unwrap();
            let mut sum = Exact::ZERO;
            for section in all_between(&page, "<header><h3", "</section>") {
                let total = number(all_between(section, "<p class=\"sum\">", "<")[0]);
                let open = section.split("<details").next().unwrap();
                let folded = all_between(section, "<details", "</details>").into_iter().filter(|text| text.contains("smaller service"));
                let folded: Exact = folded.map(|text| number(all_between(text, "<span class=\"num\">", "<")[0])).sum();
                assert_eq!(row_amounts(open, "service").into_iter().sum::<Exact>() + folded, total, "{}", invoice.group.id);
                sum += total;
            }
            sum += all_between(&page, "id=\"shared\">Shared costs</h2><p class=\"sum\">", "<").into_iter().map(number).sum();
            assert_eq!(sum, invoice.total.exact(), "{}", invoice.group.id);
            let made: Exact = all_between(&page, "</a></dt><dd>", "<").into_iter().map(number).sum();
            assert!(made == invoice.total.exact() || !page.contains("id=\"made\""), "{}", invoice.group.id);
        }
    }
}

#[test]
fn long_tails_are_folded_with_their_sum_and_nothing_is_left_out() {
    let sample = long();
    let place = place(&sample, "many");
    let page = book(&sample).page(place).unwrap();
    let section = all_between(&page, "id=\"usage\">", "</section>")[0];
    let (open, _) = section.split_once("<details").unwrap();
    assert!(all_between(open, "<tr ", "</tr>").len() <= 20, "{}", all_between(open, "<tr ", "</tr>").len());
    assert_eq!(all_between(section, "<details", "</details>").len(), 3, "two services with a tail, and the small services");
    for details in all_between(section, "<details", "</details>") {
        let total = number(all_between(details, "<span class=\"num\">", "<")[0]);
        assert_eq!(row_amounts(details, "service").into_iter().sum::<Exact>(), total);
    }
    for service in all_between(section, "<tr class=\"service\"><th scope=\"rowgroup\"", "</tbody>") {
        let total = number(all_between(service, "<td class=\"num\">", "<")[0]);
        assert_eq!(row_amounts(service, "line").into_iter().sum::<Exact>(), total, "{service}");
    }
    let alone = all_between(section, "<td class=\"num charges\">", "<").len();
    assert_eq!(alone, shown(&sample).invoices[place].lines.len());
}

#[test]
fn discounts_stand_by_service_and_their_accounts_are_folded() {
    let sample = negotiated();
    let place = place(&sample, "shop");
    let page = book(&sample).page(place).unwrap();
    let section = all_between(&page, "id=\"discount\">", "</section>")[0];
    let (open, _) = section.split_once("<details").unwrap();
    assert_eq!(all_between(open, "<tr class=", "</tr>").len(), 6, "six services, without their accounts");
    let [small, all] = &all_between(section, "<details", "</details>")[..] else { panic!("small services, and all lines") };
    assert!(small.contains("<span>5 smaller services, 9 lines</span>") && all.contains("<span>The same by account, 21 lines</span>"));
    assert!(small.contains("Service 10 <span class=\"in\">in shop-prod</span>"), "one line stands with its service: {small}");
    let total = number(all_between(section, "<p class=\"sum\">", "<")[0]);
    let services = row_amounts(all, "service");
    assert_eq!(services, [row_amounts(open, "service"), row_amounts(small, "service")].concat());
    assert_eq!(services.into_iter().sum::<Exact>(), total);
    assert_eq!(all_between(all, "<td class=\"num charges\">", "<").len(), 21, "no line is left out");
    let usage = all_between(&page, "id=\"usage\">", "</section>")[0];
    assert!(!usage.contains("The same by account"));
}

#[test]
fn roll_ups_sum_to_the_amount_shown_and_to_last_month() {
    for sample in samples() {
        for (name, page) in pages(&sample) {
            for table in all_between(&page, "<table class=\"groups\">", "</table>") {
                let (body, foot) = table.split_once("<tfoot>").unwrap();
                let top = |text| all_between(text, "<tr class=\"level0", "</tr>");
                let column = |text, class: &str, back: usize| -> Vec<Exact> {
                    let cell = |row: &str| {
                        let cells = all_between(row, &format!("<td class=\"{class}\">"), "<");
                        cells.get(cells.len().checked_sub(back).unwrap()).map(|cell| cell.trim().to_owned())
                    };
                    top(text).into_iter().filter_map(cell).filter(|cell| cell != "new").map(|cell| number(&cell)).collect()
                };
                assert_eq!(column(body, "num", 1).into_iter().sum::<Exact>(), column(foot, "num", 1)[0], "{name}");
                if table.contains(">Change<") {
                    assert_eq!(column(body, "num wide", 2).into_iter().sum::<Exact>(), column(foot, "num wide", 2)[0], "{name}");
                }
            }
        }
    }
}

#[test]
fn a_page_is_whole_in_itself_and_its_links_lead_to_documents_beside_it() {
    for sample in samples() {
        let pages = pages(&sample);
        let mut files: BTreeSet<String> = pages.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(files.len(), shown(&sample).invoices.len() + 1, "no page takes the place of another");
        files.extend(pages.iter().flat_map(|(name, _)| ["csv", "json"].map(|kind| name.replace("html", kind))));
        for (name, page) in &pages {
            let ids: BTreeSet<&str> = all_between(page, " id=\"", "\"").into_iter().collect();
            assert_eq!(ids.len(), all_between(page, " id=\"", "\"").len(), "{name}: an id is there twice");
            for href in all_between(page, "href=\"", "\"") {
                match href.strip_prefix('#') {
                    Some(id) => assert!(ids.contains(id), "{name}: #{id}"),
                    None => assert!(files.contains(href), "{name}: {href}"),
                }
            }
            for forbidden in
                ["<script", "<img", "<link", " style=\"", "://", "url(", "@import", " onerror=alert(1)>\"", "-0.00", "\u{2212}0.00<"]
            {
                assert!(!page.contains(forbidden), "{name}: {forbidden}");
            }
            assert_eq!(page.matches("<h1").count(), 1, "{name}");
        }
    }
}

#[test]
fn own_invoices_on_the_months_page_sum_to_the_bill() {
    for sample in samples() {
        let page = book(&sample).index(&sample.tie_out).unwrap();
        let table = all_between(&page, "<table class=\"groups\">", "</table>")[0];
        let (body, foot) = table.split_once("<tfoot>").unwrap();
        let own = |text| {
            let rows = all_between(text, "<tr class=\"level", "</tr>").into_iter();
            rows.map(|row| number(all_between(row, "<td class=\"num wide\">", "<")[0])).collect::<Vec<Exact>>()
        };
        assert_eq!(own(body).into_iter().sum::<Exact>(), own(foot)[0], "{}", sample.company);
    }
}

#[test]
fn a_cost_group_finds_own_then_all_then_last_month_and_the_change() {
    let sample = northwind(CostBasis::Billed);
    let book = book(&sample);
    for page in [book.index(&sample.tie_out).unwrap(), book.page(place(&sample, "shopping")).unwrap()] {
        let table = all_between(&page, "<table class=\"groups\">", "</table>")[0];
        let head: Vec<&str> =
            all_between(table, "<th scope=\"col\"", "</th>").into_iter().map(|cell| cell.split_once('>').unwrap().1).collect();
        assert_eq!(head, ["Cost group", "Own invoice", "In all, USD", "March", "Change"]);
    }
}

#[test]
fn a_page_does_not_grow_with_the_cost_groups_beside_its_own() {
    let (few, many) = (crowd(60), crowd(3_000));
    let page = |sample: &Sample, id: &str| book(sample).page(place(sample, id)).unwrap().len();
    // Amounts and counts have other digits; nothing else differs.
    for id in ["team-7", "unit-0"] {
        assert!(page(&many, id) < page(&few, id) + 100, "{id}: {} bytes, {} bytes", page(&few, id), page(&many, id));
    }
    let book = book(&many);
    let mut stems = BTreeSet::new();
    for place in 0..shown(&many).invoices.len() {
        assert!(stems.insert(book.file_stem(place)), "{}", book.file_stem(place));
        assert!(book.page(place).unwrap().ends_with("</html>"), "{}", book.file_stem(place));
        assert!(book.csv(place).ends_with("\r\n") && book.json(place).ends_with("}\n"));
    }
    assert_eq!(stems.len(), 3_061, "teams, units and unallocated");
    let index = book.index(&many.tie_out).unwrap();
    let linked: BTreeSet<&str> = all_between(&index, "href=\"", ".html\"").into_iter().collect();
    assert!(stems.is_subset(&linked));
}

#[test]
fn files_have_names_that_every_system_takes() {
    let ids = ["index", "_index", "CON", "nul", "Aux", "prn.eu", "com1", "LPT9", "com10", "console", "dot.", "_dot_", "dots..", "a.b"];
    let groups = ids.map(|id| group(id, id, "team", Vec::new())).to_vec();
    let rows = [sample::row("2026-04", "Amazon EC2", "prod", "nobody", "1")];
    let sample = sample::reckon(&[tree("Windows", groups, Vec::new())], &Default::default(), &rows, "USD", CostBasis::Billed);
    let book = book(&sample);
    let stems =
        ["__index", "_index", "_CON", "_nul", "_Aux", "_prn.eu", "_com1", "_LPT9", "com10", "console", "__dot_", "_dot_", "_dots__", "a.b"];
    assert_eq!(ids.map(|id| book.file_stem(place(&sample, id))), stems);
    assert!(book.index(&sample.tie_out).unwrap().contains("<a href=\"_CON.html\">CON</a>"));
}

#[test]
fn hostile_names_stay_text() {
    let sample = hostile();
    let book = book(&sample);
    let page = book.page(place(&sample, "evil")).unwrap();
    assert!(page.contains("&lt;script&gt;") || page.contains("&#60;script&#62;"));
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(!page.contains("te\"am"));
    assert_eq!(book.file_stem(place(&sample, "index")), "_index");
}

#[test]
fn csv_rows_sum_to_the_invoice_and_hold_no_formula() {
    for sample in samples() {
        let book = book(&sample);
        for (place, invoice) in shown(&sample).invoices.iter().enumerate() {
            let text = book.csv(place);
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let header = reader.headers().unwrap().clone();
            let (mut amounts, mut exact) = (Exact::ZERO, Exact::ZERO);
            for record in reader.records().map(Result::unwrap) {
                for (column, cell) in header.iter().zip(&record) {
                    match column {
                        "amount" => amounts += Exact::parse(cell).unwrap(),
                        "exact_cost" => exact += Exact::parse(cell).unwrap(),
                        "weight" | "weights" | "list_cost" | "charges" => assert!(cell.is_empty() || Exact::parse(cell).is_ok(), "{cell}"),
                        _ => assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{column}: {cell}"),
                    }
                }
            }
            assert_eq!((amounts, exact), (invoice.total.exact(), invoice.exact), "{}", invoice.group.id);
            assert!(text.ends_with("\r\n"));
        }
    }
}

#[test]
fn json_holds_the_same_amounts_as_plain_decimal_strings() {
    for sample in samples() {
        let book = book(&sample);
        for (place, invoice) in shown(&sample).invoices.iter().enumerate() {
            let document: serde_json::Value = serde_json::from_str(&book.json(place)).unwrap();
            let exact = |value: &serde_json::Value| Exact::parse(value.as_str().unwrap()).unwrap();
            let sum = |list: &str, key: &str| document[list].as_array().unwrap().iter().map(|item| exact(&item[key])).sum::<Exact>();
            assert_eq!(document["totals"]["total"], invoice.total.to_string());
            assert_eq!(exact(&document["totals"]["exact"]) - exact(&document["totals"]["rounding"]), invoice.total.exact());
            for list in ["lines", "sections"] {
                assert_eq!((sum(list, "amount"), sum(list, "exact")), (invoice.total.exact(), invoice.exact), "{list}");
            }
            if let Some(comparison) = document["comparison"].as_object() {
                let moved: Exact = comparison["movements"].as_array().unwrap().iter().map(|movement| exact(&movement["change"])).sum();
                assert_eq!(moved, exact(&comparison["change"]));
                assert_eq!(exact(&comparison["total"]) + moved, invoice.total.exact());
            }
            no_floats(&document);
        }
    }
}

fn no_floats(value: &serde_json::Value) {
    match value {
        serde_json::Value::Number(number) => assert!(number.is_u64(), "{number}"),
        serde_json::Value::Array(items) => items.iter().for_each(no_floats),
        serde_json::Value::Object(items) => items.values().for_each(no_floats),
        _ => {}
    }
}

#[test]
fn the_effective_basis_is_named_and_bridged() {
    let sample = northwind(CostBasis::Effective);
    let book = book(&sample);
    assert!(book.page(place(&sample, "checkout")).unwrap().contains("Effective cost"));
    assert!(book.index(&sample.tie_out).unwrap().contains("From billed to effective cost"));
}

#[test]
fn a_tie_out_that_fails_is_said_in_red_and_in_words() {
    let mut sample = yen();
    sample.tie_out.files[0].allocated = Exact::ZERO;
    let page = book(&sample).index(&sample.tie_out).unwrap();
    assert!(page.contains("Does not tie out."));
    assert!(page.contains("differs</strong>") && page.contains("allocated 0 in 3 charges</strong>"));
}

#[test]
fn a_reorganisation_is_told_from_use() {
    let sample = reorganised();
    let book = book(&sample);
    let north = book.page(place(&sample, "north")).unwrap();
    assert!(north.contains("Groups hang elsewhere than in March"), "{north}");
    let index = book.index(&sample.tie_out).unwrap();
    assert!(index.contains("Gone: it has no invoice this month."));
    assert!(index.contains("New: it had no invoice in March."));
}

#[test]
fn a_book_is_of_one_currency_and_basis_in_order() {
    let sample = yen();
    let other = northwind(CostBasis::Billed);
    let refused = |periods: &[Invoices]| Book::try_new("x", periods, Status::Preview).err();
    assert_eq!(refused(&[]), Some(BookError::Empty));
    let [march, april] = &sample.invoices[..] else { panic!("two months") };
    assert_eq!(refused(&[april.clone(), march.clone()]), Some(BookError::Order(march.key.period)));
    assert_eq!(refused(&[april.clone(), april.clone()]), Some(BookError::Order(april.key.period)));
    assert_eq!(refused(&[other.invoices[0].clone(), april.clone()]), Some(BookError::Mixed(other.invoices[0].key.period)));
    assert_eq!(refused(&sample.invoices), None);
}
