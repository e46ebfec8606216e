//! The colours of the pictures, after Okabe and Ito (2008): the colour-blind tell them apart.

use crate::draw::Ink;

pub(super) const TEXT: Ink = Ink::new(0x22_22_22);
pub(super) const TEXT_SOFT: Ink = Ink::new(0x59_59_59);
pub(super) const GRID: Ink = Ink::new(0xE4_E4_E4);
pub(super) const AXIS: Ink = Ink::new(0x80_80_80);
pub(super) const BROKEN: Ink = Ink::new(0xFB_E3_D8);
pub(super) const BLACK: Ink = Ink::new(0x11_11_11);
pub(super) const GREY: Ink = Ink::new(0x75_75_75);
pub(super) const ORANGE: Ink = Ink::new(0xE6_9F_00);
pub(super) const SKY: Ink = Ink::new(0x56_B4_E9);
pub(super) const GREEN: Ink = Ink::new(0x00_9E_73);
pub(super) const BLUE: Ink = Ink::new(0x00_72_B2);
pub(super) const VERMILION: Ink = Ink::new(0xD5_5E_00);
pub(super) const PURPLE: Ink = Ink::new(0xA8_4E_80);
