//! Everything that a command on invoices reads: trees, drivers and billing files.

use std::io::Write;

use dayone_domain::driver::Drivers;
use dayone_domain::tree::TreeVersions;

use crate::args::{AllocationArguments, FileArguments};
use crate::failure::Failure;
use crate::load::{Loaded, load};
use crate::trees;

/// What was read.
#[derive(Debug)]
pub struct Configured {
    /// The versions of the tree.
    pub versions: TreeVersions,
    /// Driver quantities.
    pub drivers: Drivers,
    /// The billing files.
    pub loaded: Loaded,
}

/// Reads trees, drivers and billing files. Whatever is refused is named together: the files are looked at even
/// where the tree is wrong.
pub fn configure(
    files: &FileArguments,
    allocation: &AllocationArguments,
    with_coverage: bool,
    err: &mut dyn Write,
) -> Result<Configured, Failure> {
    let configuration = trees::read_versions(&allocation.trees, err)
        .and_then(|versions| trees::read_driver_files(&allocation.drivers, &versions, err).map(|drivers| (versions, drivers)));
    let tag_keys = configuration.as_ref().map_or_else(|_| Vec::new(), |(versions, _)| versions.tag_keys());
    let loaded = load(files, tag_keys, with_coverage, err);
    let ((versions, drivers), loaded) = Failure::both(configuration, loaded)?;
    Ok(Configured { versions, drivers, loaded })
}
