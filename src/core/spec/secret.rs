//! A password in memory.

/// A password on its way from where it is kept to the server. Has neither `Debug` nor `Serialize`,
/// and no code path writes it anywhere else.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text, for the driver that logs in.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}
