//! What is said of an import.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::place::Fate;
use crate::cli::import::Left;
use crate::cli::output::visible;
use crate::cli::style::Paint;

/// All that happened, in order.
#[derive(Debug)]
pub struct Report {
    tool: &'static str,
    dry_run: bool,
    written: Vec<Written>,
    skipped: Vec<Skipped>,
    not_carried: Vec<Left>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Written {
    from: PathBuf,
    to: PathBuf,
    backup: Option<PathBuf>,
    changes: Vec<String>,
}

#[derive(Debug)]
struct Skipped {
    from: PathBuf,
    to: PathBuf,
    why: &'static str,
}

impl Report {
    /// Nothing happened yet.
    pub fn new(tool: &'static str, dry_run: bool) -> Self {
        let (written, skipped, not_carried, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { tool, dry_run, written, skipped, not_carried, notes }
    }

    /// A file came to its place, or not.
    pub fn file(&mut self, from: PathBuf, to: PathBuf, fate: Fate, changes: Vec<String>) {
        match fate {
            Fate::Written => self.written.push(Written { from, to, backup: None, changes }),
            Fate::Replaced(kept) => self.written.push(Written { from, to, backup: Some(kept), changes }),
            Fate::Same => self.skipped.push(Skipped { from, to, why: "it is there already" }),
            Fate::Taken => {
                let why = "another file is there; --force replaces it and keeps the old one";
                self.skipped.push(Skipped { from, to, why });
            }
        }
    }

    /// A project that is used as it is.
    pub fn in_place(&mut self, folder: &Path) {
        let folder = visible(&folder.display().to_string());
        self.notes.push(format!("{folder} is used in place by pintle, so that nothing has to be brought over"));
    }

    /// What a folder has besides.
    pub fn rest(&mut self, folder: &Path, left: Vec<Left>, notes: Vec<String>, programs: &BTreeSet<String>) {
        let whole = |left: Left| Left { what: folder.join(left.what).display().to_string(), why: left.why };
        self.not_carried.extend(left.into_iter().map(whole));
        self.notes.extend(notes);
        for word in programs.iter().filter(|word| !is_program(word)) {
            self.notes.push(format!(
                "`{word}` is no program on your PATH; pintle cannot call a function or an alias of your shell, but a script of this name"
            ));
        }
    }

    /// As one object.
    pub fn json(&self) -> Value {
        let written =
            |file: &Written| json!({"from": file.from, "to": file.to, "backup": file.backup, "changes": file.changes});
        let skipped = |file: &Skipped| json!({"from": file.from, "to": file.to, "reason": file.why});
        let left = |left: &Left| json!({"what": left.what, "reason": left.why});
        json!({
            "type": "import_result",
            "tool": self.tool,
            "dry_run": self.dry_run,
            "written": self.written.iter().map(written).collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(skipped).collect::<Vec<_>>(),
            "not_carried": self.not_carried.iter().map(left).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }

    /// For people: what was written first, what they have to do last.
    pub fn words(&self, paint: Paint) -> String {
        let mut text = String::new();
        let path = |path: &Path| visible(&path.display().to_string());
        for file in &self.written {
            let word = if self.dry_run { "would write" } else { "written" };
            text.push_str(&format!("{} {}\n", paint.good(word), path(&file.to)));
            if let Some(kept) = &file.backup {
                text.push_str(&format!("  the old one is {}\n", path(kept)));
            }
            for change in &file.changes {
                text.push_str(&format!("  {}\n", visible(change)));
            }
        }
        for file in &self.skipped {
            text.push_str(&format!("{} {}: {}\n", paint.dim("skipped"), path(&file.to), file.why));
        }
        for Left { what, why } in &self.not_carried {
            text.push_str(&format!("{} {}: {}\n", paint.warning("not carried"), visible(what), visible(why)));
        }
        for note in &self.notes {
            text.push_str(&format!("{} {}\n", paint.hint("note:"), visible(note)));
        }
        if text.is_empty() { "nothing is there that could be brought over\n".to_owned() } else { text }
    }
}

fn is_program(word: &str) -> bool {
    if word.contains('/') {
        return Path::new(word).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(word).is_file())
}
