//! The folder as it fills: documents within a limit, names that no two files share, tables as CSV.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dayone_domain::plain_text::text_cell;
use dayone_ports::Digest;

use super::EvidenceFile;

/// The files so far, by path.
pub struct Folder {
    files: BTreeMap<String, Vec<u8>>,
    /// Paths without letter case: some file systems take two that differ in it for one.
    taken: BTreeMap<String, String>,
    /// Bytes of documents that still fit.
    left: u64,
}

impl Folder {
    /// An empty folder for so many bytes of documents.
    pub fn new(most_bytes: u64) -> Folder {
        Folder { files: BTreeMap::new(), taken: BTreeMap::new(), left: most_bytes }
    }

    /// Adds a table.
    pub fn table(&mut self, name: &str, table: &Table) {
        self.text(&format!("{name}.csv"), table.csv());
    }

    /// Adds a file that is small by its nature.
    pub fn text(&mut self, path: &str, bytes: Vec<u8>) {
        assert!(self.taken.insert(path.to_lowercase(), path.to_owned()).is_none(), "`{path}` is in the evidence already");
        self.files.insert(path.to_owned(), bytes);
    }

    /// Adds a stored document, as it is. Gives its path, or in place of it that it no longer fits: then its SHA-256,
    /// which stands beside, is what it is fetched by.
    pub fn document(&mut self, stem: &str, extension: &str, bytes: Vec<u8>) -> String {
        let size = bytes.len() as u64;
        if size > self.left {
            return LEFT_OUT.to_owned();
        }
        self.left -= size;
        let mut path = format!("{stem}.{extension}");
        let mut stem = stem.to_owned();
        while self.taken.contains_key(&path.to_lowercase()) {
            stem.push('_');
            path = format!("{stem}.{extension}");
        }
        self.text(&path, bytes);
        path
    }

    /// All files and `SHA256SUMS` of them, in the order of their paths.
    pub fn finish(mut self) -> Vec<EvidenceFile> {
        let sums: String = self.files.iter().map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes))).collect();
        self.text("SHA256SUMS", sums.into_bytes());
        self.files.into_iter().map(|(path, bytes)| EvidenceFile { path, bytes }).collect()
    }
}

/// In place of the path of a document for which there was no room.
pub const LEFT_OUT: &str = "left out: too large";

/// Rows of a CSV file, the header first.
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// A table of these columns.
    pub fn new(columns: &[&str]) -> Table {
        Table(vec![columns.iter().map(|column| (*column).to_owned()).collect()])
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.to_vec());
    }

    /// RFC 4180; every cell is quoted. A text that a spreadsheet would take for a formula gets an apostrophe in
    /// front; an amount never begins like one that is not a number.
    fn csv(&self) -> Vec<u8> {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for row in &self.0 {
            writer.write_record(row.iter().map(|cell| in_table(cell).into_owned())).expect("INVARIANT: rows are as long as their header");
        }
        writer.into_inner().expect("INVARIANT: memory takes every row")
    }
}

/// A cell: a number as it is, a text so that no spreadsheet runs it.
fn in_table(cell: &str) -> Cow<'_, str> {
    let is_number = cell.strip_prefix('-').unwrap_or(cell).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { Cow::Borrowed(cell) } else { text_cell(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_does_not_fit_is_left_out_and_said_so() {
        let mut folder = Folder::new(5);
        assert_eq!(folder.document("a", "json", b"1234".to_vec()), "a.json");
        assert_eq!(folder.document("b", "json", b"12".to_vec()), LEFT_OUT);
        assert_eq!(folder.document("c", "json", b"1".to_vec()), "c.json");
        let paths: Vec<String> = folder.finish().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["SHA256SUMS", "a.json", "c.json"]);
    }

    #[test]
    fn names_that_differ_in_letter_case_only_are_made_different() {
        let mut folder = Folder::new(100);
        assert_eq!(folder.document("invoices/shop", "json", Vec::new()), "invoices/shop.json");
        assert_eq!(folder.document("invoices/Shop", "json", Vec::new()), "invoices/Shop_.json");
    }

    #[test]
    fn a_text_is_no_formula_and_an_amount_stays_one() {
        let mut table = Table::new(&["a", "b"]);
        table.row(["=1+1".to_owned(), "-12.50".to_owned()]);
        assert_eq!(String::from_utf8(table.csv()).unwrap(), "\"a\",\"b\"\r\n\"'=1+1\",\"-12.50\"\r\n");
    }
}
