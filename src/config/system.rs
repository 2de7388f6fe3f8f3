//! Who we are to the system.

/// The name of this process's user as the system has it, whatever the environment says.
#[must_use]
pub fn system_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    std::fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|passwd| name_in(&passwd, uid))
        .unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of a uid in the text of a passwd file.
fn name_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found = fields.nth(1)?.parse() == Ok(uid);
        found.then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_has_its_name_from_the_passwd_file() {
        let passwd = "root:x:0:0::/root:/bin/sh\nbroken\nana:x:1001:1001::/home/ana:/bin/sh\n";
        assert_eq!(name_in(passwd, 1001).as_deref(), Some("ana"));
        assert_eq!(name_in(passwd, 7), None);
    }
}
