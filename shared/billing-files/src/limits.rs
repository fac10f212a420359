//! Limits on what comes from outside. Each is far above what providers write; beyond it a file is refused by
//! name of the limit, so that a damaged or hostile file cannot take all memory.

/// Most columns of a file. A legacy CUR has one for each tag key and product attribute: some hundreds.
pub const MAX_COLUMNS: usize = 5_000;

/// Most bytes of a CSV row, uncompressed. A quote that is never closed ends here.
pub const MAX_ROW_BYTES: usize = 8 * 1024 * 1024;

/// Most bytes of a value that is read: an amount, a date, all tags of a charge as JSON.
pub const MAX_FIELD_BYTES: usize = 256 * 1024;

/// Most bytes of a text that charges are summed by: a dimension, a name, the key or the value of a tag. Clouds
/// allow some hundreds.
pub const MAX_KEY_BYTES: usize = 4 * 1024;

/// Most tags of one charge. AWS allows 50 a resource, Azure 50, GCP 64, before account tags and cost categories.
pub const MAX_TAGS: usize = 1_000;

/// Most bytes that a page of Parquet unpacks to. Writers make pages of a megabyte or, the simplest, one of each
/// column of a row group; it is held whole.
pub const MAX_PAGE_BYTES: u64 = 256 * 1024 * 1024;

/// Most bytes of a dictionary of Parquet. Writers stop at a megabyte or a few.
pub const MAX_DICTIONARY_BYTES: u64 = 64 * 1024 * 1024;

/// Most bytes that a Parquet file unpacks to, as a multiple of its own.
pub const MAX_UNPACKED_TIMES: u64 = 1_000;

/// Most rows of a Parquet file for each of its bytes. A few bytes can state that a value comes a billion times.
pub const MAX_ROWS_A_BYTE: u64 = 1_000;
