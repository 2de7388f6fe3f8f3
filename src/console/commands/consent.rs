//! What a T3 question wants typed: the target's name, long enough to mean only the target.

/// The name to type: `crm` of `my:crm@db7`, the file's name of a path; `crm@db7` when the source
/// is of the same kind and has the same short name.
#[must_use]
pub fn target_name(source: &str, target: &str) -> String {
    names_of_target(source, target).remove(0)
}

/// Every name that will do, the shortest first.
#[must_use]
pub fn names_of_target(source: &str, target: &str) -> Vec<String> {
    let kind = |display: &str| display.split_once(':').map(|(kind, _)| kind.to_owned());
    let others = if kind(source) == kind(target) { forms(source) } else { Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for name in forms(target) {
        if !others.contains(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(target.to_owned());
    }
    names
}

/// `crm`, `crm@db7`, `my:crm@db7`.
fn forms(display: &str) -> Vec<String> {
    let bare = display.split_once(':').map_or(display, |(_, rest)| rest);
    let name = bare.rsplit_once('@').map_or(bare, |(name, _)| name);
    let last = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(name);
    let forms = [last, bare, display];
    forms.into_iter().filter(|form| !form.is_empty()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_to_type_means_the_target_alone() {
        for (source, target, name) in [
            ("pg:shop@db1", "my:crm@db7", "crm"),
            ("pg:shop@db1", "pg:crm@db1:5433", "crm"),
            ("pg:crm@db1", "my:crm@db7", "crm"),
            ("pg:crm@db1", "pg:crm@db7", "crm@db7"),
            ("my:crm@db1", "my:crm@db1:3307", "crm@db1:3307"),
            ("pg:crm@db1", "li:/data/logs.db", "logs.db"),
            ("li:/a/logs.db", "li:/b/logs.db", "/b/logs.db"),
            ("pg:crm@db1", "/dumps/hr", "hr"),
            ("memory", "memory", "memory"),
        ] {
            assert_eq!(target_name(source, target), name, "{source} -> {target}");
        }
        let names = names_of_target("my:crm@db1", "my:crm@db7");
        assert_eq!(names, ["crm@db7", "my:crm@db7"], "the name both ends share is no consent");
    }
}
