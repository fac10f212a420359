//! Writes sample invoices to look at: `cargo run -p dayone-documents --example pages -- FOLDER`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::path::Path;
use std::process::ExitCode;

use dayone_documents::{Book, INDEX_FILE, Status};
use dayone_domain::CostBasis;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("say where to write: `cargo run -p dayone-documents --example pages -- FOLDER`");
        return ExitCode::from(2);
    };
    let samples = [
        ("northwind", sample::northwind(CostBasis::Billed)),
        ("effective", sample::northwind(CostBasis::Effective)),
        ("yen", sample::yen()),
        ("reorganised", sample::reorganised()),
        ("long", sample::long()),
        ("negotiated", sample::negotiated()),
        ("hostile", sample::hostile()),
    ];
    for (name, sample) in &samples {
        if let Err(error) = write(&Path::new(&folder).join(name), sample) {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn write(folder: &Path, sample: &sample::Sample) -> Result<(), Box<dyn std::error::Error>> {
    let book = Book::try_new(&sample.company, &sample.invoices, Status::Preview)?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(INDEX_FILE), book.index(&sample.tie_out)?)?;
    for place in 0..sample.invoices.last().map_or(0, |invoices| invoices.invoices.len()) {
        let stem = book.file_stem(place);
        std::fs::write(folder.join(format!("{stem}.html")), book.page(place)?)?;
        std::fs::write(folder.join(format!("{stem}.csv")), book.csv(place))?;
        std::fs::write(folder.join(format!("{stem}.json")), book.json(place))?;
    }
    Ok(())
}
