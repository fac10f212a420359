//! Pages in a browser.

use std::path::Path;

use crate::program::{program, say, succeed};
use crate::tools;

/// Checks the pages of a folder; findings go to standard output.
pub fn check(root: &Path, folder: &Path) -> Result<bool, String> {
    browse(root, "check.mjs", &[folder])
}

/// Takes pictures of the pages of a folder.
pub fn screenshots(root: &Path, folder: &Path, output: Option<&Path>) -> Result<bool, String> {
    let standard = root.join("target").join("screenshots");
    browse(root, "screenshots.mjs", &[output.unwrap_or(&standard), folder])
}

fn browse(root: &Path, script: &str, paths: &[&Path]) -> Result<bool, String> {
    let tools = tools::install(root)?;
    if !tools.has_browser {
        return Err("the browser could not be installed; see above".to_owned());
    }
    let here = std::env::current_dir().map_err(|error| format!("the current folder is gone: {error}"))?;
    let script = root.join("tests").join("browser").join(script);
    let result = succeed(program("node", &here).arg(script).args(paths).env("DAYONE_TOOLS", &tools.folder));
    if let Err(message) = &result {
        say(message);
    }
    Ok(result.is_ok())
}
