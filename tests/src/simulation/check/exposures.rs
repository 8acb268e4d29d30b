//! P11: no SOP sends what a customer has had, and the rows say what the journal says.

use std::collections::BTreeMap;

use domain::{
    ContentId, Fact, Playbook, SopId, StepId, Timestamp, What,
    content::SentContent,
    file::{Outcome, Route, SkipReason},
    sop::HadWithin,
};

use super::{super::Simulation, Contents, Findings};

/// A content that a customer got.
struct Sending {
    content: SentContent,
    at: Timestamp,
    /// Of which occurrence.
    of: Option<(SopId, u32)>,
}

pub(super) async fn check(world: &Simulation, contents: &Contents, book: &Playbook, findings: &mut Findings) {
    let (mut sendings, mut savings) = (0, 0);
    for file in &contents.files {
        let pk = format!("C#{}", file.id);
        let entries = contents.journal.iter().filter(|(customer, _)| *customer == pk);
        let (mut sent, mut rows) = (Vec::new(), BTreeMap::<(ContentId, u32), (u32, u32)>::new());
        let (mut skipped, mut spared) = (0, 0);
        for (_, entry) in entries {
            for fact in &entry.facts {
                match &fact.what {
                    What::Ended {
                        outcome: Outcome::Skipped { reason: SkipReason::AlreadyHad, .. }, ..
                    } => {
                        skipped += 1;
                    }
                    What::Spared { .. } => spared += 1,
                    What::LinkOpened { content, .. } => {
                        rows.entry((content.content.clone(), content.edition)).or_default().1 += 1;
                    }
                    What::Exposed { content, route, partly, .. } => {
                        rows.entry((content.content.clone(), content.edition)).or_default().0 += 1;
                        // What came without some of its parts is sent again.
                        if *partly {
                            continue;
                        }
                        let touch = touch(&entry.facts, fact);
                        let of = touch.as_ref().map(|(sop, n, _)| (sop.clone(), *n));
                        if let Some((sop, _, step)) = touch.filter(|_| *route == Route::Task) {
                            let within = within(book, &sop, &step);
                            findings.must(!is_repetition(&sent, content, &of, within, entry.at), || {
                                format!("P11 {pk}: {sop}/{step} sent {content:?} again")
                            });
                        }
                        let at = entry.signal.at.min(entry.at);
                        sent.push(Sending { content: content.clone(), at, of });
                    }
                    _ => {}
                }
            }
        }
        findings.must(skipped == spared, || format!("P11 {pk}: {skipped} skipped, {spared} spared"));
        let had = world.app().store.had_contents(&file.id).await.unwrap_or_default();
        let had = had.into_iter().map(|had| ((had.content, had.edition), (had.sendings, had.openings)));
        let had = had.collect::<BTreeMap<_, _>>();
        findings.must(had == rows, || format!("I6 {pk}: rows {had:?} against {rows:?}"));
        let last = sent.iter().map(|sent| &sent.content.content).all(|id| file.exposures.contains_key(id));
        (sendings, savings) = (sendings + sent.len(), savings + spared);
        findings.must(last, || format!("P11 {pk} has forgotten what it had: {:?}", file.exposures));
    }
    findings.must(sendings > 15 && savings > 5, || {
        format!("P11 {sendings} sendings and {savings} that were saved prove nothing")
    });
}

/// The touch that brought it.
fn touch(facts: &[Fact], exposed: &Fact) -> Option<(SopId, u32, StepId)> {
    match &facts[usize::from(exposed.because?)].what {
        What::Ended { sop, n, step, .. } => Some((sop.clone(), *n, step.clone())),
        _ => None,
    }
}

/// How far back a step looks. There is one version of each SOP.
fn within(book: &Playbook, sop: &SopId, step: &StepId) -> HadWithin {
    let version = book.sops.get(sop).and_then(|sop| sop.versions.values().next_back());
    let step = version.and_then(|version| version.step(step)).map(|(_, step)| step);
    step.map_or(HadWithin::Ever, |step| step.content.unless_had_within())
}

fn is_repetition(
    sent: &[Sending],
    content: &SentContent,
    of: &Option<(SopId, u32)>,
    within: HadWithin,
    now: Timestamp,
) -> bool {
    let same =
        |sent: &&Sending| sent.content.content == content.content && sent.content.edition >= content.edition;
    sent.iter().filter(same).any(|sent| sent.of == *of || within.reaches(sent.at, now))
}
