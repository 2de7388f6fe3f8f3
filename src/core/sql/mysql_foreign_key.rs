//! Foreign keys on MySQL without a rebuild of their table.
//!
//! ADD FOREIGN KEY copies the whole table, indexes and all, when `foreign_key_checks` is on: that
//! is how
//! the server checks the rows that are there. With the checks off it changes the definition alone.
//! So the rows are checked first, by a question that walks two indexes, and then the key is added.

/// In front of a question whose answer must have no row: a row fails the step.
pub const NO_ROW_MAY_ANSWER: &str = "/* no row may answer */ ";

/// The statements for `statement`, an `ALTER TABLE .. ADD CONSTRAINT .. FOREIGN KEY ..` with every
/// name in backticks. Anything else comes back alone.
#[must_use]
pub fn checked_foreign_key(statement: &str) -> Vec<String> {
    let Some(question) = orphans(statement) else { return vec![statement.to_owned()] };
    vec![
        format!("{NO_ROW_MAY_ANSWER}{question}"),
        "SET SESSION foreign_key_checks = 0".to_owned(),
        statement.to_owned(),
        "SET SESSION foreign_key_checks = 1".to_owned(),
    ]
}

/// A row of the child that refers to no row of the parent.
fn orphans(statement: &str) -> Option<String> {
    let mut rest = Rest(statement);
    rest.words("ALTER TABLE")?;
    let child = rest.table()?;
    rest.words("ADD")?;
    if rest.words("CONSTRAINT").is_some() {
        rest.name()?;
    }
    rest.words("FOREIGN KEY")?;
    let _index = rest.name();
    let here = rest.list()?;
    rest.words("REFERENCES")?;
    let parent = rest.table()?;
    let there = rest.list()?;
    if here.len() != there.len() {
        return None;
    }
    let refers: Vec<String> = here.iter().map(|c| format!("c.{c} IS NOT NULL")).collect();
    let same: Vec<String> =
        there.iter().zip(&here).map(|(there, here)| format!("p.{there} = c.{here}")).collect();
    let (refers, same) = (refers.join(" AND "), same.join(" AND "));
    Some(format!(
        "SELECT 1 FROM {child} AS c WHERE {refers} AND NOT EXISTS (SELECT 1 FROM {parent} AS p \
         WHERE {same}) LIMIT 1"
    ))
}

/// What is left of a statement.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Words with blanks between, in any case.
    fn words(&mut self, words: &str) -> Option<()> {
        let mut rest = self.0;
        for word in words.split(' ') {
            rest = rest.trim_start();
            let head = rest.get(..word.len())?;
            if !head.eq_ignore_ascii_case(word) {
                return None;
            }
            rest = &rest[word.len()..];
        }
        self.0 = rest;
        Some(())
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(symbol)?;
        Some(())
    }

    /// A name with its backticks.
    fn name(&mut self) -> Option<String> {
        let text = self.0.trim_start();
        let body = text.strip_prefix('`')?;
        let mut from = 0;
        loop {
            let at = from + body[from..].find('`')?;
            if !body[at + 1..].starts_with('`') {
                self.0 = &body[at + 1..];
                return Some(format!("`{}`", &body[..at]));
            }
            from = at + 2;
        }
    }

    /// `` `schema`.`table` `` or `` `table` ``.
    fn table(&mut self) -> Option<String> {
        let first = self.name()?;
        match self.symbol('.') {
            Some(()) => Some(format!("{first}.{}", self.name()?)),
            None => Some(first),
        }
    }

    fn list(&mut self) -> Option<Vec<String>> {
        self.symbol('(')?;
        let mut names = vec![self.name()?];
        while self.symbol(',').is_some() {
            names.push(self.name()?);
        }
        self.symbol(')')?;
        Some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_asked_about_before_the_key_is_added() {
        let add = "ALTER TABLE `s`.`a``b` ADD CONSTRAINT `k` FOREIGN KEY (`x`, `y`) \
                   REFERENCES `s`.`p` (`u`,`v`) ON DELETE CASCADE";
        let made = checked_foreign_key(add);
        assert_eq!(
            made[0],
            "/* no row may answer */ SELECT 1 FROM `s`.`a``b` AS c WHERE c.`x` IS NOT NULL AND \
             c.`y` IS NOT NULL AND NOT EXISTS (SELECT 1 FROM `s`.`p` AS p WHERE p.`u` = c.`x` AND \
             p.`v` = c.`y`) LIMIT 1"
        );
        assert_eq!(made[2], add);
        assert_eq!(made.len(), 4);
    }

    #[test]
    fn what_is_no_foreign_key_stays_as_it_is() {
        for other in ["ALTER TABLE `t` ADD INDEX `i` (`a`)", "ALTER TABLE t ADD FOREIGN KEY (", ""]
        {
            assert_eq!(checked_foreign_key(other), [other]);
        }
    }
}
