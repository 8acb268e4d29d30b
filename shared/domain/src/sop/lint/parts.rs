//! A document taken to pieces: one that cannot be read is reported and hides nothing that is wrong with the others.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    Predicate, SopId,
    playbook::Problem,
    shape,
    sop::{Anchor, Document, Exit, LateStart, Reentry, Step, document::usual_priority},
};

/// A [`Document`] as far as it can be read. What is `None` has been reported.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) id: Option<SopId>,
    pub(super) name: Option<String>,
    pub(super) audience: Option<Predicate>,
    pub(super) anchor: Option<Anchor>,
    pub(super) steps: Option<Vec<Option<Step>>>,
    pub(super) exit: Option<Exit>,
    pub(super) reentry: Option<Option<Reentry>>,
    pub(super) late_start: Option<LateStart>,
    pub(super) priority: Option<u8>,
}

impl Parts {
    /// Reads what can be read.
    pub(super) fn read(source: &Value, problems: &mut Vec<Problem>) -> Self {
        let fields: Map<String, Value> = match shape::read(source) {
            Ok(fields) => fields,
            Err(problem) => {
                problems.push(problem);
                return Self::default();
            }
        };
        let mut reader = Reader { fields, known: Vec::new(), problems };
        let parts = Self {
            id: reader.needed("id"),
            name: reader.needed("name"),
            audience: reader.optional("audience", Predicate::default()),
            anchor: reader.needed("anchor"),
            steps: reader.steps(),
            exit: reader.optional("exit", Exit::default()),
            reentry: reader.optional("reentry", None),
            late_start: reader.optional("late_start", LateStart::default()),
            priority: reader.optional("priority", usual_priority()),
        };
        reader.refuse_the_rest();
        parts
    }

    /// The document, if every part of it could be read.
    pub(super) fn document(self) -> Option<Document> {
        Some(Document {
            id: self.id?,
            name: self.name?,
            audience: self.audience?,
            anchor: self.anchor?,
            steps: self.steps?.into_iter().collect::<Option<_>>()?,
            exit: self.exit?,
            reentry: self.reentry?,
            late_start: self.late_start?,
            priority: self.priority?,
        })
    }
}

/// Takes one field after the other.
struct Reader<'a> {
    fields: Map<String, Value>,
    known: Vec<String>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn needed<T: DeserializeOwned>(&mut self, field: &str) -> Option<T> {
        let Some(value) = self.take(field) else {
            self.problems.push(shape::missing_field("", field));
            return None;
        };
        self.part(&value, &shape::below("", field))
    }

    fn optional<T: DeserializeOwned>(&mut self, field: &str, otherwise: T) -> Option<T> {
        match self.take(field) {
            Some(value) => self.part(&value, &shape::below("", field)),
            None => Some(otherwise),
        }
    }

    fn steps(&mut self) -> Option<Vec<Option<Step>>> {
        let steps: Vec<Value> = self.needed("steps")?;
        Some(steps.iter().enumerate().map(|(i, step)| self.part(step, &format!("/steps/{i}"))).collect())
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.known.push(field.to_owned());
        self.fields.remove(field)
    }

    fn part<T: DeserializeOwned>(&mut self, value: &Value, pointer: &str) -> Option<T> {
        shape::read(value).map_err(|problem| self.problems.push(problem.within(pointer))).ok()
    }

    fn refuse_the_rest(self) {
        for field in self.fields.keys() {
            let pointer = shape::below("", field);
            self.problems.push(shape::unknown_field(pointer, field, self.known.clone()));
        }
    }
}
