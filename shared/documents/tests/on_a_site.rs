//! Documents inside the pages of a site.

#[allow(dead_code)]
mod sample;

use std::collections::BTreeSet;

use dayone_documents::{Book, STYLE, Site, Status};
use dayone_domain::CostBasis;
use sample::{Sample, northwind};

fn place(sample: &Sample, id: &str) -> usize {
    sample.invoices.last().unwrap().invoices.iter().position(|invoice| invoice.group.id == id).unwrap()
}

fn on_site<'a>(sample: &'a Sample, status: Status, may_open: &[&str]) -> Book<'a> {
    let site = Site {
        index: "/".to_owned(),
        groups: "/invoices/2026-04/USD/".to_owned(),
        may_open: may_open.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>(),
    };
    Book::try_new(&sample.company, &sample.invoices, status).unwrap().on_site(site)
}

#[test]
fn chart_and_article_are_what_the_page_says() {
    let sample = northwind(CostBasis::Billed);
    let book = Book::try_new(&sample.company, &sample.invoices, Status::Preview).unwrap();
    for id in ["checkout", "shopping"] {
        let place = place(&sample, id);
        let page = book.page(place).unwrap();
        let (chart, article) = (book.chart(place).unwrap(), book.article(place).unwrap());
        assert!(!chart.trim().is_empty() && page.contains(chart.trim()), "{id}");
        assert!(article.len() > 2_000 && page.contains(article.trim()), "{id}");
        assert!(!article.contains("<h1") && !article.contains("<style") && !article.contains(" style="), "{id}");
        assert!(STYLE.contains(".made"), "the style of what it is made of");
    }
}

#[test]
fn links_lead_to_pages_that_the_reader_may_open() {
    let sample = northwind(CostBasis::Billed);
    let book = on_site(&sample, Status::Preview, &["shopping", "checkout"]);
    let article = book.article(place(&sample, "shopping")).unwrap();
    assert!(article.contains("href=\"/invoices/2026-04/USD/checkout\""));
    assert!(!article.contains(".html"), "no file of a folder");
    let below = sample.invoices.last().unwrap().invoices.iter().filter(|invoice| invoice.group.parent == Some(place(&sample, "shopping")));
    for hidden in below.filter(|invoice| invoice.group.id != "checkout") {
        assert!(article.contains(&hidden.group.name) && !article.contains(&format!("/{}\"", hidden.group.id)), "{}", hidden.group.id);
    }
    for file in ["lines.csv", "document.json"] {
        assert!(article.contains(&format!("href=\"/invoices/2026-04/USD/shopping/{file}\"")));
    }
    let head = book.headline(place(&sample, "checkout"));
    let above: Vec<(&str, Option<&str>)> = head.above.iter().map(|(name, href)| (name.as_str(), href.as_deref())).collect();
    assert!(above.iter().any(|(_, href)| *href == Some("/invoices/2026-04/USD/shopping")), "{above:?}");
}

#[test]
fn an_issued_invoice_says_its_status_number_and_revision() {
    let sample = northwind(CostBasis::Billed);
    let place = place(&sample, "checkout");
    for (status, meaning, json) in [
        (Status::Preview, "Preview: not issued, nothing to accept yet.", "\"status\": \"preview\",\n  \"company\""),
        (
            Status::Provisional { revision: 2 },
            "Provisional: revision 2, its numbers may still change.",
            "\"status\": \"provisional\",\n  \"revision\": 2,\n  \"company\"",
        ),
        (
            Status::Final { number: Some(42), revision: 3 },
            "Final: invoice 42, revision 3.",
            "\"status\": \"final\",\n  \"revision\": 3,\n  \"invoice_number\": 42,\n  \"company\"",
        ),
        (Status::Final { number: None, revision: 3 }, "Final: it has no invoice of its own.", "\"revision\": 3,\n  \"company\""),
    ] {
        let book = Book::try_new(&sample.company, &sample.invoices, status).unwrap();
        let page = book.page(place).unwrap();
        assert!(page.contains(meaning) && page.contains(&format!("<span class=\"badge\">{}</span>", status.label())), "{status:?}");
        assert!(book.json(place).contains(json), "{status:?}: {}", &book.json(place)[..200]);
    }
}

#[test]
fn the_headline_has_own_and_rolled_up_amounts() {
    let sample = northwind(CostBasis::Billed);
    let book = on_site(&sample, Status::Preview, &[]);
    let (leaf, parent) = (place(&sample, "checkout"), place(&sample, "shopping"));
    let invoices = sample.invoices.last().unwrap();
    assert_eq!((book.headline(leaf).own, book.headline(leaf).in_all), (invoices.invoices[leaf].total, None));
    let head = book.headline(parent);
    assert_eq!((head.own, head.in_all), (invoices.invoices[parent].total, Some(invoices.roll_ups()[parent])));
    assert!(head.above.iter().all(|(_, href)| href.is_none()), "{:?}", head.above);
    assert!(book.ties().contains("to the cent"));
}
