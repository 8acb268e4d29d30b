//! Which contents a caller sees, and whether they write them.

use domain::{
    ContentId, Playbook,
    content::{Content, Viewer},
    playbook::Role,
};

use crate::{
    Api, address,
    auth::{Caller, Credential},
    problem::{Code, Problem},
};

/// What a caller sees.
pub(super) enum Reader {
    /// Everything: they write contents.
    Writer,
    /// What is published and meant for them; `None`: nobody knows them.
    Viewer(Option<Viewer>),
}

impl Reader {
    pub(super) fn new(caller: &Caller, book: &Playbook) -> Self {
        let staff = caller.staff.as_ref().and_then(|userid| book.staff.get(userid));
        let staff = staff.filter(|staff| staff.is_with_us());
        let role = match (&caller.staff, &caller.credential) {
            // Whoever acts in somebody's name sees what they see.
            (Some(_), Credential::AdminToken | Credential::Token { .. }) => staff.map(|staff| staff.role),
            _ => Some(caller.role),
        };
        if role >= Some(Role::Manager) {
            return Self::Writer;
        }
        Self::Viewer(staff.map(|staff| Viewer::new(staff, book)))
    }

    pub(super) const fn writes(&self) -> bool {
        matches!(self, Self::Writer)
    }

    pub(super) fn sees(&self, content: &Content) -> bool {
        match self {
            Self::Writer => true,
            Self::Viewer(viewer) => {
                let admitted = viewer.as_ref().is_some_and(|viewer| content.visibility.admits(viewer));
                admitted && content.published.is_some() && !content.archived
            }
        }
    }

    /// Do they see it, or did they before it was archived?
    fn has_seen(&self, content: &Content) -> bool {
        self.sees(&Content { archived: false, ..content.clone() })
    }
}

/// What is behind a manager's role is no operator's, in whose name a token acts.
pub(super) fn demand_writer(caller: &Caller, book: &Playbook) -> Result<(), Problem> {
    if Reader::new(caller, book).writes() {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "contents are for managers to write"))
}

impl Api {
    /// A content that this caller sees.
    pub(crate) fn content<'a>(
        &self,
        id: &str,
        book: &'a Playbook,
        caller: &Caller,
    ) -> Result<&'a Content, Problem> {
        find(id, book, |content| Reader::new(caller, book).sees(content))
    }

    /// A content that this caller has before them: it may have been archived since they read it.
    pub(crate) fn content_once_seen<'a>(
        &self,
        id: &str,
        book: &'a Playbook,
        caller: &Caller,
    ) -> Result<&'a Content, Problem> {
        find(id, book, |content| Reader::new(caller, book).has_seen(content))
    }

    /// A content, for whoever writes contents.
    pub(super) fn own_content<'a>(
        &self,
        id: &str,
        book: &'a Playbook,
        caller: &Caller,
    ) -> Result<&'a Content, Problem> {
        demand_writer(caller, book)?;
        self.content(id, book, caller)
    }
}

fn find<'a>(id: &str, book: &'a Playbook, sees: impl Fn(&Content) -> bool) -> Result<&'a Content, Problem> {
    let id: ContentId = address::slug(id, "content")?;
    let found = book.contents.get(&id).filter(|content| sees(content));
    found.ok_or_else(|| Problem::not_found(format!("content {:?}", id.as_str())))
}
