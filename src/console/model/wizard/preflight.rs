//! Page 4: what the plan of the draft finds, and the ways out.

use super::form::{Control, Form};
use crate::console::model::List;
use crate::protocol::{FindingView, PlanView};

/// What has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The list of findings.
    List,
    Back,
    Start,
}

#[derive(Clone, Debug)]
pub struct Preflight {
    pub plan: Option<Box<PlanView>>,
    /// What is being looked at now; empty: nothing.
    pub progress: String,
    /// Why there is no plan: what happened, and a hint.
    pub failed: Option<(String, Option<String>)>,
    /// The text of the draft that was looked at; a changed draft wants another plan.
    pub of: String,
    /// The ok findings are listed too.
    pub all: bool,
    pub list: List,
    pub form: Form<Spot>,
    /// Statements that wait for consent.
    pub conform: Vec<String>,
    /// The table that gets another name.
    pub renaming: Option<String>,
    /// Statements of the script, by table; what was not asked yet is in `left`.
    pub script: Script,
}

/// The DDL of the draft's tables as it is put together.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub left: Vec<String>,
    pub text: String,
    pub tables: usize,
}

impl Default for Preflight {
    fn default() -> Preflight {
        let spots = [Spot::List, Spot::Back, Spot::Start];
        Preflight {
            plan: None,
            progress: String::new(),
            failed: None,
            of: String::new(),
            all: false,
            list: List::default(),
            form: Form::new(spots.into_iter().map(|spot| (spot, Control::Button)).collect()),
            conform: Vec::new(),
            renaming: None,
            script: Script::default(),
        }
    }
}

/// Ok findings that are shown without being asked for.
const OKS_SHOWN: usize = 3;

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
        let of = |rank: u8| {
            let all = plan.findings.iter().enumerate();
            all.filter(move |(_, f)| rank_of(f) == rank).map(|(i, _)| Line::Finding(i))
        };
        let mut lines: Vec<Line> = of(0).chain(of(1)).collect();
        let oks: Vec<Line> = of(2).collect();
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

    /// How many findings block, warn and are ok.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for finding in self.plan.iter().flat_map(|plan| &plan.findings) {
            counts[usize::from(rank_of(finding))] += 1;
        }
        counts
    }

    /// The findings that block.
    pub fn blocks(&self) -> impl Iterator<Item = &FindingView> {
        self.plan.iter().flat_map(|plan| &plan.findings).filter(|f| rank_of(f) == 0)
    }

    /// Another plan; the cursor stays on its finding when it is still there.
    pub fn renew(&mut self, plan: Box<PlanView>) {
        let on = self.selected().map(|f| (f.topic.clone(), f.message.clone()));
        self.plan = Some(plan);
        self.progress.clear();
        self.failed = None;
        let same = |line: &Line| match (line, &self.plan, &on) {
            (Line::Finding(i), Some(plan), Some((topic, message))) => {
                plan.findings[*i].topic == *topic && plan.findings[*i].message == *message
            }
            _ => false,
        };
        self.list.cursor = self.lines().iter().position(same).unwrap_or(0);
    }
}

fn rank_of(finding: &FindingView) -> u8 {
    match finding.severity.as_str() {
        "BLOCK" => 0,
        "warn" => 1,
        _ => 2,
    }
}
