//! `stepwise openapi`: the description of the HTTP interface, as `docs/openapi.json` has it.

use std::io::Write as _;

/// Writes the document to standard output.
pub fn print() -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(api::openapi().as_bytes())?)
}
