//! What a reaction decides, told as what people would notice.

mod company;
mod fixture;
mod wecom;

mod baseline;
mod bulk;
mod example;
mod marking;
mod owed;
mod phones;
mod progress;
mod properties;
mod relations;
mod stages;
mod touches;
mod undo;
mod welcome;
mod years;
