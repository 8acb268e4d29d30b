//! What a reaction decides, told as what people would notice.

mod company;
mod fixture;
mod wecom;

mod baseline;
mod bulk;
mod catalog;
mod caught_up;
mod example;
mod expiry;
mod exposure;
mod marking;
mod owed;
mod owners;
mod phones;
mod progress;
mod properties;
mod relations;
mod revealed;
mod serving;
mod stages;
mod touches;
mod transfers;
mod undo;
mod welcome;
mod years;
