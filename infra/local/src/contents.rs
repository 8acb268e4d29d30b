//! `stepwise contents export` and `import`: the library of contents as a folder of JSON and media, which people may also
//! write by hand.
//!
//! ```text
//! groups.json           [{"id": "prices", "name": "报价", "parent": null, "order": 0}, …]
//! contents/<id>.json    {"title": …, "group": …, "order": null, "tags": […], "visibility": {…}, "repeatable": false,
//!                        "archived": false, "published": true, "parts": [{"kind": "image", "blob": "media/<file>"}, …], "draft": [{…}, …]}
//! media/<file>          originals; an export names them by their hash
//! ```
//!
//! `parts` is what is published, or with `"published": false` what is worked on; `draft` is what is worked on beside what
//! is published, where that differs. Everything goes through the REST API of a running Stepwise, as if a manager did it:
//! checked, and on record. What is there already and differs is changed, what is there and not in the folder or not in a
//! file of it stays, and so does a draft that somebody has not published yet. Versions before the last one stay behind.

mod client;
mod export;
mod import;

use std::{io::Write as _, path::PathBuf};

use client::Client;

/// What to do with contents.
#[derive(Clone, Debug, clap::Args)]
pub struct Contents {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Writes groups, contents and their files into a folder.
    Export(Place),
    /// Reads them from a folder. Ends with 1 if something was refused.
    Import {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        manner: Manner,
    },
}

/// How contents are read from a folder.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Manner {
    /// Published contents that changed: who has had them may get them again.
    #[arg(long)]
    pub substantial: bool,
    /// Also over drafts that are not published yet and not in the folder: they are lost.
    #[arg(long)]
    pub over_drafts: bool,
}

/// Which folder, and which Stepwise.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// Where Stepwise is.
    #[arg(long, env = "STEPWISE_PUBLIC_URL", default_value = "http://127.0.0.1:8787")]
    pub server: String,
    /// The admin token, or an API token with the scope playbook:write (playbook:read to export).
    #[arg(long, env = "STEPWISE_ADMIN_TOKEN", hide_env_values = true)]
    pub token: String,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Contents written into the folder, or made.
    pub made: usize,
    /// Contents that were there and changed.
    pub changed: usize,
    /// Contents that were there so already.
    pub unchanged: usize,
    /// What was refused, and why.
    pub refused: Vec<String>,
}

impl Contents {
    /// Does it and prints what became of it, also where it ends too early; answers the exit code.
    ///
    /// # Errors
    /// The folder or Stepwise cannot be reached.
    pub async fn run(&self) -> anyhow::Result<i32> {
        let mut tally = Tally::default();
        let done = match &self.what {
            What::Export(place) => export(place, &mut tally).await,
            What::Import { place, manner } => import(place, *manner, &mut tally).await,
        };
        let Tally { made, changed, unchanged, refused } = &tally;
        let text = match &self.what {
            What::Export(_) => format!("已导出 {made} 个内容"),
            What::Import { .. } => {
                format!("新建 {made}，更新 {changed}，未变 {unchanged}，失败 {}", refused.len())
            }
        };
        let mut out = std::io::stdout().lock();
        for refused in refused {
            writeln!(out, "✗ {refused}")?;
        }
        writeln!(out, "{text}")?;
        done.map(|()| i32::from(!refused.is_empty()))
    }
}

/// Writes everything into the folder, which is made if it is missing.
///
/// # Errors
/// The folder or Stepwise cannot be reached. What came before is in the tally, and what could not be written.
pub async fn export(place: &Place, tally: &mut Tally) -> anyhow::Result<()> {
    export::run(&Client::new(place), &place.folder, tally).await
}

/// Reads everything from the folder.
///
/// # Errors
/// The folder or Stepwise cannot be reached. What came before is in the tally, and what was refused.
pub async fn import(place: &Place, manner: Manner, tally: &mut Tally) -> anyhow::Result<()> {
    import::run(&Client::new(place), &place.folder, manner, tally).await
}

/// The field of a part that names a file.
fn file_field(part: &serde_json::Value) -> Option<&'static str> {
    ["blob", "cover"].into_iter().find(|field| part[field].is_string())
}
