//! `runner bench`: products and steps timed on every library in turn, compared with what the machine allows and with a record.

pub(crate) mod busy;
pub(crate) mod cases;
pub(crate) mod compare;
pub(crate) mod libraries;
pub(crate) mod library_record;
pub(crate) mod limits;
pub(crate) mod measure;
pub(crate) mod operands;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod shape;
pub(crate) mod statistics;
pub(crate) mod timing;
