//! CSV with a header, columns in any order.

use crate::refusal::{Refusals, one_line, text_of};
use dayone_domain::near_miss::nearest;

/// A column that a table may have.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Whether the table is refused without it.
    pub(crate) is_required: bool,
}

/// A row: its line, and its values in the order of the columns asked for, empty where the column is absent.
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) values: Vec<String>,
}

/// The rows that can be read; whatever else there is goes to `refusals`. Values are free of surrounding blanks.
pub(crate) fn rows(file_name: &str, bytes: &[u8], columns: &[Column], refusals: &mut Refusals) -> Vec<Row> {
    let text = match text_of(file_name, bytes) {
        Ok(text) => text,
        Err(found) => {
            for refusal in found {
                refusals.push(refusal.line, None, None, refusal.reason, refusal.what_to_do);
            }
            return Vec::new();
        }
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut lines = Lines::of(text);
    let mut places: Option<Vec<Option<usize>>> = None;
    let mut width = 0;
    let mut found = Vec::new();
    let mut record = csv::StringRecord::new();
    // INVARIANT: neither I/O nor encoding nor unequal lengths can fail here, the rest csv reads as it comes.
    while reader.read_record(&mut record).expect("a text in memory, UTF-8, of flexible rows") {
        let line = lines.at(record.position().map_or(0, |position| position.byte() as usize));
        let Some(places) = &places else {
            width = record.len();
            match header(&record, line, columns, refusals) {
                Some(header) => places = Some(header),
                None => return Vec::new(),
            }
            continue;
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        if let Some(value) = record.iter().find(|value| value.contains(['\n', '\r'])) {
            let what_to_do = "look for a quote that is opened and not closed, and keep each row on one line";
            refusals.push(Some(line), None, Some(value), "runs over several lines", what_to_do);
            continue;
        }
        if record.len() != width {
            let reason = format!("the row has {}, the header has {width}", counted(record.len()));
            refusals.push(
                Some(line),
                None,
                None,
                reason,
                "give the row a value for every column, and put values that contain a comma in quotes",
            );
            continue;
        }
        let values = places.iter().map(|place| place.map_or_else(String::new, |place| record[place].to_owned())).collect();
        found.push(Row { line, values });
    }
    if places.is_none() {
        refusals.push(None, None, None, "is empty", format!("begin it with the header `{}`", names(columns)));
    }
    found
}

fn counted(values: usize) -> String {
    if values == 1 { "1 value".to_owned() } else { format!("{values} values") }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
}

/// The place of each column, or what is wrong with the header.
fn header(record: &csv::StringRecord, line: u64, columns: &[Column], refusals: &mut Refusals) -> Option<Vec<Option<usize>>> {
    let wanted = format!("write the header as `{}`", names(columns));
    let mut is_right = true;
    let mut misspelt: Vec<&str> = Vec::new();
    if record.len() == 1 && record[0].contains([';', '\t']) {
        refusals.push(
            Some(line),
            None,
            Some(&record[0]),
            "separates its columns by something other than commas",
            "save the file with commas between the columns",
        );
        return None;
    }
    let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
    for (place, name) in record.iter().enumerate() {
        if !known.contains(&name) {
            let reason = if name.is_empty() {
                format!("column {} has no name", place + 1)
            } else {
                format!("there is no column `{}`", one_line(name))
            };
            let what_to_do = match nearest(name, &known) {
                Some(meant) => {
                    misspelt.push(meant);
                    format!("did you mean `{meant}`? Columns are `{}`", names(columns))
                }
                None => format!("take the column out; columns are `{}`", names(columns)),
            };
            refusals.push(Some(line), None, None, reason, what_to_do);
            is_right = false;
        } else if record.iter().take(place).any(|earlier| earlier == name) {
            refusals.push(Some(line), Some(name), None, "is there twice", "keep one of the two");
            is_right = false;
        }
    }
    let places: Vec<Option<usize>> = columns.iter().map(|column| record.iter().position(|name| name == column.name)).collect();
    for (column, place) in columns.iter().zip(&places) {
        if column.is_required && place.is_none() && !misspelt.contains(&column.name) {
            refusals.push(Some(line), Some(column.name), None, "is missing", &*wanted);
            is_right = false;
        }
    }
    is_right.then_some(places)
}

/// Line numbers of rising places in a text. The reader's own are off by the blank lines that it skips.
struct Lines<'t> {
    text: &'t [u8],
    seen: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Lines<'t> {
        Lines { text: text.as_bytes(), seen: 0, line: 1 }
    }

    /// The line of the first row that begins at `byte` or, past blank lines, after it.
    fn at(&mut self, byte: usize) -> u64 {
        while let Some(letter) = self.text.get(self.seen)
            && (self.seen < byte || matches!(letter, b'\r' | b'\n'))
        {
            self.line += u64::from(*letter == b'\n');
            self.seen += 1;
        }
        self.line
    }
}
