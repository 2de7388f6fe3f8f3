//! The page as a picture.

use super::header;
use crate::console::model::Model;
use crate::console::model::wizard::Wizard;
use crate::console::view::pen::Pen;

pub fn draw(model: &Model, wizard: &Wizard, pen: &mut Pen<'_>) {
    header(model, wizard, pen, None);
}
