//! One person at the counter: sightings in, actions out.
