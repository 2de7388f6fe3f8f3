//! Page 4: what the plan of the draft finds, and the ways out.

use crate::console::model::List;
use crate::protocol::{FindingView, PlanView};

#[derive(Clone, Debug, Default)]
pub struct Preflight {
    pub plan: Option<Box<PlanView>>,
    /// What is being looked at now.
    pub progress: String,
    /// Why there is no plan: what happened and a hint.
    pub failed: Option<(String, Option<String>)>,
    /// The text of the draft that the plan is of; a changed draft wants another one.
    pub of: String,
    /// The ok findings are listed too.
    pub all: bool,
    pub list: List,
    /// Statements that wait for consent.
    pub conform: Vec<String>,
}

/// Ok findings that are shown without being asked for.
pub const OKS_SHOWN: usize = 3;

/// One line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Finding(usize),
    /// So many more that are ok.
    More(usize),
}

impl Preflight {
    /// Findings, gravest first.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let Some(plan) = &self.plan else {
            return Vec::new();
        };
        let of = |wanted: fn(&str) -> bool| {
            let all = plan.findings.iter().enumerate();
            all.filter(move |(_, f)| wanted(&f.severity)).map(|(i, _)| Line::Finding(i))
        };
        let mut lines: Vec<Line> = of(|s| s == "BLOCK").chain(of(|s| s == "warn")).collect();
        let oks: Vec<Line> = of(|s| s != "BLOCK" && s != "warn").collect();
        let shown = if self.all || oks.len() <= OKS_SHOWN + 1 { oks.len() } else { OKS_SHOWN };
        lines.extend(&oks[..shown]);
        if shown < oks.len() {
            lines.push(Line::More(oks.len() - shown));
        }
        lines
    }

    /// The finding under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&FindingView> {
        match self.lines().get(self.list.cursor)? {
            Line::Finding(i) => self.plan.as_ref()?.findings.get(*i),
            Line::More(_) => None,
        }
    }

    /// How many findings are of one severity.
    #[must_use]
    pub fn count(&self, severity: &str) -> usize {
        let findings = self.plan.iter().flat_map(|plan| &plan.findings);
        findings.filter(|f| f.severity == severity).count()
    }
}
