//! What the templates of a chart tree read of its values, asked key by key.

use super::shape::{Shape, ShapeId, Shapes};
use super::uses::Uses;
use super::{Observed, add_reads, walked};
use crate::chart::Chart;
use crate::diagnostic::Error;
use crate::render::Parses;

/// What templates do with each value of a chart tree, on any branch and whatever switches subcharts off.
#[derive(Debug)]
pub struct Usage(Shapes);

/// One value of a chart tree: that of a key, or what all items of a list have in common.
#[derive(Clone, Copy, Debug)]
pub struct UsedValue<'u> {
    shapes: &'u Shapes,
    id: ShapeId,
}

impl Usage {
    /// Follows the values of a loaded chart, not yet processed, through its templates. Each of `observed` adds the keys
    /// that a render was seen to read; templates are parsed by
    /// `parses`. `None` where the templates are too many to follow.
    ///
    /// # Errors
    /// A `values.yaml` that is no mapping in YAML, or a template that cannot be parsed.
    pub fn of<'o>(
        chart: &Chart,
        parses: &Parses,
        observed: impl IntoIterator<Item = Observed<'o>>,
    ) -> Result<Option<Usage>, Error> {
        let mut shapes = Shapes::new();
        let (arrangement, gave_up) = walked(chart, &mut shapes, parses)?;
        if gave_up {
            return Ok(None);
        }
        for Observed { trace, values } in observed {
            add_reads(&mut shapes, trace, values);
        }
        arrangement.finish(&mut shapes);
        let root = shapes.root();
        shapes.settle(root);
        Ok(Some(Usage(shapes)))
    }

    /// All values of the chart.
    pub fn root(&self) -> UsedValue<'_> {
        UsedValue { shapes: &self.0, id: self.0.root() }
    }
}

impl<'u> UsedValue<'u> {
    fn shape(self) -> &'u Shape {
        self.shapes.get(self.id)
    }

    /// The value of a key, if a template asks for it or some default has it.
    pub fn key(self, key: &str) -> Option<UsedValue<'u>> {
        self.shapes.find(self.id, key).map(|id| UsedValue { id, ..self })
    }

    /// What templates do with each item of this list, or entry of this map.
    pub fn item(self) -> Option<UsedValue<'u>> {
        self.shape().item.map(|id| UsedValue { id, ..self })
    }

    /// Whether these are the values of a chart: what lies here is read by others under other names.
    pub fn is_chart(self) -> bool {
        self.shape().is_chart
    }

    /// Whether a template asks for it by its name.
    pub fn is_read(self) -> bool {
        self.shape().uses != Uses::NONE
    }

    /// Whether templates write it whole, or do with it what nobody knows, so that all that is in it counts.
    pub fn is_whole(self) -> bool {
        let uses = self.shape().uses;
        let scattered = self.shape().is_chart && uses.has(Uses::RANGED.and(Uses::DYNAMIC));
        scattered || uses.has(Uses::WHOLE.and(Uses::ANY).and(Uses::PRINTED).and(Uses::QUOTED).and(Uses::TPL))
    }

    /// Whether all that templates do with it is to print it, be it in quotes, and to ask whether it is there.
    pub fn is_only_printed(self) -> bool {
        let printed = Uses::PRINTED.and(Uses::QUOTED);
        self.shape().uses.has(printed) && self.shape().uses.is_within(printed.and(Uses::READ).and(Uses::OPTIONAL))
    }

    /// Whether templates ask for some of its keys or items.
    pub fn is_entered(self) -> bool {
        self.shape().uses.has(Uses::MAP.and(Uses::LIST)) || self.takes_any_key()
    }

    /// Whether templates go over it, or ask for keys that are only known when they run.
    pub fn takes_any_key(self) -> bool {
        self.shape().uses.has(Uses::RANGED.and(Uses::DYNAMIC))
    }

    /// Whether a template ends with an error where it is empty.
    pub fn is_required(self) -> bool {
        self.shape().uses.has(Uses::REQUIRED)
    }

    /// Whether no values file of the chart tree says what it is, and no template replaces it where it is empty.
    pub fn has_no_default(self) -> bool {
        !self.shape().uses.has(Uses::OPTIONAL.and(Uses::TRUTH)) && self.shape().defaults.filled.is_empty()
    }

    /// The keys that some values file has or a template asks for, with their values.
    pub fn keys(self) -> impl Iterator<Item = (&'u str, UsedValue<'u>)> {
        self.shape().keys.iter().map(move |(name, id)| (name.as_str(), UsedValue { id: *id, ..self }))
    }

    /// The keys that templates ask for by name.
    pub fn names(self) -> impl Iterator<Item = &'u str> {
        self.keys().filter(|(_, value)| value.is_read()).map(|(name, _)| name)
    }
}
