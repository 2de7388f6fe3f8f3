//! Picks as the `[selection]` of a job file, and back.
//!
//! A schema that is picked whole is named as a schema, so that a table that appears there later
//! comes along. Of the others the shorter list is written: the tables picked, or the schema and
//! what is left out of it.

use std::collections::HashSet;

use super::{Leaf, Tree};
use crate::config::FileSelection;
use crate::core::name::{ObjectName, glob, matches_name};

/// Excludes everything: what an empty list of picks has to say, because a job file that names
/// nothing means everything.
fn nothing() -> FileSelection {
    FileSelection { exclude: vec!["*".to_owned()], ..FileSelection::default() }
}

/// Picks that a job file cannot tell apart: names that differ by case alone, or hold `*` or `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub selected: FileSelection,
    /// Full names whose pick comes out otherwise than wanted.
    pub bent: Vec<String>,
}

/// Patterns with plain names looked up instead of matched: ten thousand of them are usual.
#[derive(Debug, Default)]
struct Names {
    plain: HashSet<String>,
    globs: Vec<String>,
}

impl Names {
    fn new(patterns: &[String]) -> Names {
        let mut names = Names::default();
        for pattern in patterns {
            match is_plain(pattern) {
                true => drop(names.plain.insert(pattern.clone())),
                false => names.globs.push(pattern.clone()),
            }
        }
        names
    }

    fn match_leaf(&self, schema: &str, leaf: &Leaf) -> bool {
        // A pattern without an upper-case letter means any case: the lower-case name finds it.
        self.plain.contains(&leaf.full)
            || self.plain.contains(&leaf.lower)
            || !self.globs.is_empty() && {
                let name = ObjectName::new(schema, leaf.table.name.as_str());
                self.globs.iter().any(|pattern| matches_name(pattern, &name))
            }
    }

    fn match_schema(&self, schema: &str) -> bool {
        let name = ObjectName::new(schema, "");
        let full = name.to_string();
        self.plain.contains(&full)
            || self.plain.contains(&full.to_lowercase())
            || self.globs.iter().any(|pattern| matches_name(pattern, &name))
    }
}

/// Does it match by equality alone? Without a dot it is a table's name in any schema.
fn is_plain(pattern: &str) -> bool {
    pattern.contains('.') && !pattern.contains(['*', '?'])
}

impl Tree {
    /// Picks what a job file's selection takes, as `tidegate copy` would.
    pub fn pick_as(&mut self, selected: &FileSelection) {
        let everything = selected.schemas.is_empty() && selected.tables.is_empty();
        let tables = Names::new(&selected.tables);
        let exclude = Names::new(&selected.exclude);
        for branch in &mut self.branches {
            let named = selected.schemas.iter().any(|pattern| glob(pattern, &branch.name));
            let whole = (everything || named) && !exclude.match_schema(&branch.name);
            for leaf in &mut branch.leaves {
                self.work += 1;
                leaf.picked = (whole || tables.match_leaf(&branch.name, leaf))
                    && !exclude.match_leaf(&branch.name, leaf);
            }
            branch.count();
        }
        self.arrange();
    }

    /// The picks as patterns. `kept`: patterns that an operator wrote; those that leave out nothing
    /// that is picked stay. Afterwards the tree shows what was written.
    pub fn written(&mut self, kept: &[String]) -> Written {
        let wanted: Vec<Vec<bool>> =
            self.branches.iter().map(|b| b.leaves.iter().map(|l| l.picked).collect()).collect();
        let first = self.attempt(kept, &wanted, &HashSet::new());
        if first.bent.is_empty() {
            return first;
        }
        // A name left out may match a pick in another case: then the picks are named instead.
        let by_name: HashSet<usize> =
            first.bent.iter().filter_map(|full| self.find(full)).map(|(b, _)| b).collect();
        for (branch, wanted) in self.branches.iter_mut().zip(&wanted) {
            branch.leaves.iter_mut().zip(wanted).for_each(|(leaf, want)| leaf.picked = *want);
            branch.count();
        }
        self.attempt(kept, &wanted, &by_name)
    }

    fn attempt(
        &mut self,
        kept: &[String],
        wanted: &[Vec<bool>],
        by_name: &HashSet<usize>,
    ) -> Written {
        let mut selected = self.shortest(kept, by_name);
        self.pick_as(&selected);
        // Some names match more than themselves: what came along unasked is left out by name.
        let more = self.differing(wanted, Some(true));
        if !more.is_empty() {
            selected.exclude.extend(more);
            self.pick_as(&selected);
        }
        Written { selected, bent: self.differing(wanted, None) }
    }

    /// Names of tables whose pick is not as wanted; `picked`: only those.
    fn differing(&self, wanted: &[Vec<bool>], picked: Option<bool>) -> Vec<String> {
        let branches = self.branches.iter().zip(wanted);
        let leaves = branches.flat_map(|(branch, wanted)| branch.leaves.iter().zip(wanted));
        leaves
            .filter(|(leaf, wanted)| leaf.picked != **wanted)
            .filter(|(leaf, _)| picked.is_none_or(|picked| leaf.picked == picked))
            .map(|(leaf, _)| leaf.full.clone())
            .collect()
    }

    fn shortest(&mut self, kept: &[String], by_name: &HashSet<usize>) -> FileSelection {
        self.work += self.tables() as u64;
        let picked: usize = self.branches.iter().map(|b| b.picked as usize).sum();
        if picked == 0 {
            return nothing();
        }
        let mut selected = FileSelection::default();
        if picked < self.tables() {
            self.name_branches(&mut selected, by_name);
        }
        let kept: Vec<&String> = kept.iter().filter(|p| self.spares_picks(p)).collect();
        let mut exclude: Vec<String> = kept.into_iter().cloned().collect();
        let old = Names::new(&exclude);
        let known = |full: &str| {
            self.find(full).is_some_and(|(b, l)| {
                old.match_leaf(&self.branches[b].name, &self.branches[b].leaves[l])
            })
        };
        let more: Vec<String> = selected.exclude.into_iter().filter(|f| !known(f)).collect();
        exclude.extend(more);
        selected.exclude = exclude;
        selected
    }

    fn name_branches(&self, selected: &mut FileSelection, by_name: &HashSet<usize>) {
        for (b, branch) in self.branches.iter().enumerate() {
            let (all, picked) = (branch.leaves.len(), branch.picked as usize);
            let of = |wanted: bool| {
                let leaves = branch.leaves.iter().filter(move |leaf| leaf.picked == wanted);
                leaves.map(|leaf| leaf.full.clone())
            };
            if picked == 0 {
                continue;
            }
            if all - picked < picked && !by_name.contains(&b) {
                selected.schemas.push(branch.name.clone());
                selected.exclude.extend(of(false));
            } else {
                selected.tables.extend(of(true));
            }
        }
    }

    /// Does a pattern of exclusion leave every pick alone? `*` alone is the word for nothing.
    fn spares_picks(&self, pattern: &str) -> bool {
        if pattern == "*" || is_plain(pattern) {
            return false;
        }
        let hits = |schema: &str, leaf: &Leaf| {
            leaf.picked && matches_name(pattern, &ObjectName::new(schema, &*leaf.table.name))
        };
        self.branches.iter().all(|b| !b.leaves.iter().any(|leaf| hits(&b.name, leaf)))
    }
}
