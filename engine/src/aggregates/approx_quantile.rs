//! `approx_percentile_cont` and `approx_median`: quantiles in little memory.
//!
//! The relational core merges each batch into a t-digest of 100 centroids, which for the median of millions of even numbers was up to
//! two hundredths off, and keeps an accumulator for each group. Here values are collected until there are many, so that quantiles of few
//! are exact, and digests of all values are finer.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::functions_aggregate::approx_median::approx_median_udaf;
use datafusion::functions_aggregate::approx_percentile_cont::approx_percentile_cont_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, Signature,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion_functions_aggregate_common::tdigest::{Centroid, TDigest};

/// Those of the core of these names.
pub(super) fn approx_quantiles() -> [Arc<AggregateUDF>; 2] {
    let own = |core| Arc::new(AggregateUDF::from(ApproxQuantile { core }));
    [own(approx_percentile_cont_udaf()), own(approx_median_udaf())]
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ApproxQuantile {
    core: Arc<AggregateUDF>,
}

impl AggregateUDFImpl for ApproxQuantile {
    fn name(&self) -> &str {
        self.core.name()
    }

    fn signature(&self) -> &Signature {
        self.core.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.core.return_type(types)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        self.core.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        match Quantile::of(&args, ALL_VALUES) {
            Some(quantile) if !args.is_distinct => {
                Ok(Box::new(OfAll { quantile, sketch: Sketch::default() }))
            }
            _ => self.core.accumulator(args),
        }
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct && Quantile::of(&args, A_GROUP).is_some()
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        match Quantile::of(&args, A_GROUP) {
            Some(quantile) => Ok(Box::new(OfGroups { quantile, sketches: Vec::new(), len_bytes: 0 })),
            None => self.core.create_groups_accumulator(args),
        }
    }

    fn supports_within_group_clause(&self) -> bool {
        self.core.supports_within_group_clause()
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.core.documentation()
    }
}

/// How fine a sketch is.
#[derive(Debug, Clone, Copy)]
struct Precision {
    /// Values that are collected before they become centroids.
    values: usize,
    centroids: usize,
}

const ALL_VALUES: Precision = Precision { values: 16_384, centroids: 1000 };
const A_GROUP: Precision = Precision { values: 512, centroids: 200 };

/// What is asked for.
#[derive(Debug)]
struct Quantile {
    part: f64,
    precision: Precision,
    ty: DataType,
}

impl Quantile {
    /// `None` if the core has to say what is wrong with the arguments.
    fn of(args: &AccumulatorArgs<'_>, mut precision: Precision) -> Option<Self> {
        let number =
            |expr: &Arc<dyn PhysicalExpr>, ty| expr.downcast_ref::<Literal>()?.value().cast_to(ty).ok();
        let mut part = match args.exprs.get(1).map(|part| number(part, &DataType::Float64)) {
            None => 0.5,
            Some(Some(ScalarValue::Float64(Some(part)))) if (0.0..=1.0).contains(&part) => part,
            Some(_) => return None,
        };
        if args.order_bys.first().is_some_and(|by| by.options.descending) {
            part = 1.0 - part;
        }
        if let Some(centroids) = args.exprs.get(2) {
            match number(centroids, &DataType::UInt64)? {
                ScalarValue::UInt64(Some(centroids @ 1..)) => {
                    precision.centroids = usize::try_from(centroids).ok()?
                }
                _ => return None,
            }
        }
        let ty = args.expr_fields[0].data_type();
        ty.is_floating().then(|| Self { part, precision, ty: ty.clone() })
    }
}

/// What is known of the values of a group, none of which is null.
#[derive(Debug, Default)]
struct Sketch {
    /// Those that are not in the digest.
    values: Vec<f64>,
    digest: Option<Box<TDigest>>,
}

impl Sketch {
    fn add(&mut self, value: f64, precision: Precision) {
        self.values.push(value);
        if self.values.len() >= precision.values {
            self.digest_values(precision);
        }
    }

    fn digest_values(&mut self, precision: Precision) {
        self.values.sort_unstable_by(f64::total_cmp);
        let digest = match self.digest.take() {
            Some(digest) => digest.merge_sorted_f64(&self.values),
            None => TDigest::new(precision.centroids).merge_sorted_f64(&self.values),
        };
        self.values.clear();
        self.digest = Some(Box::new(digest));
    }

    /// Between two values where it falls between them, if all are known; `None` of none.
    fn quantile(&mut self, quantile: &Quantile) -> Option<f64> {
        if self.digest.is_some() && !self.values.is_empty() {
            self.digest_values(quantile.precision);
        }
        if let Some(digest) = &self.digest {
            return Some(digest.estimate_quantile(quantile.part));
        }
        let place = quantile.part * self.values.len().checked_sub(1)? as f64;
        let (_, below, above) = self.values.select_nth_unstable_by(place as usize, f64::total_cmp);
        let next = above.iter().copied().min_by(f64::total_cmp).unwrap_or(*below);
        let part = place.fract();
        // Infinite values have nothing between them.
        Some(if part == 0.0 || next == *below { *below } else { *below + (next - *below) * part })
    }

    fn len_bytes(&self) -> usize {
        let digest = self.digest.as_ref().map_or(0, |digest| digest.size());
        self.values.capacity() * size_of::<f64>() + digest
    }
}

/// Digests as the core exchanges them. Those of few values have each as a centroid.
#[derive(Default)]
struct States {
    sizes: Vec<u64>,
    sums: Vec<f64>,
    counts: Vec<f64>,
    greatest: Vec<f64>,
    least: Vec<f64>,
    /// Means and weights, by turns.
    centroids: Vec<f64>,
    lens: Vec<usize>,
}

impl States {
    fn push(&mut self, sketch: &mut Sketch, precision: Precision) {
        if sketch.digest.is_some() && !sketch.values.is_empty() {
            sketch.digest_values(precision);
        }
        let start = self.centroids.len();
        self.sizes.push(precision.centroids as u64);
        match &sketch.digest {
            Some(digest) => {
                self.sums.push(digest.sum());
                self.counts.push(digest.count());
                self.greatest.push(digest.max());
                self.least.push(digest.min());
                self.centroids.extend(digest.centroids().iter().flat_map(|of| [of.mean(), of.weight()]));
            }
            None => {
                sketch.values.sort_unstable_by(f64::total_cmp);
                self.sums.push(sketch.values.iter().sum());
                self.counts.push(sketch.values.len() as f64);
                self.greatest.push(sketch.values.last().copied().unwrap_or(f64::NAN));
                self.least.push(sketch.values.first().copied().unwrap_or(f64::NAN));
                self.centroids.extend(sketch.values.iter().flat_map(|value| [*value, 1.0]));
            }
        }
        self.lens.push(self.centroids.len() - start);
    }

    fn columns(self) -> Result<Vec<ArrayRef>> {
        let field = Arc::new(Field::new_list_field(DataType::Float64, true));
        let centroids: ArrayRef = Arc::new(Float64Array::from(self.centroids));
        let centroids = ListArray::try_new(field, OffsetBuffer::from_lengths(self.lens), centroids, None)?;
        let doubles = [self.sums, self.counts, self.greatest, self.least];
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(self.sizes))];
        columns.extend(doubles.map(|doubles| Arc::new(Float64Array::from(doubles)) as ArrayRef));
        columns.push(Arc::new(centroids));
        Ok(columns)
    }

    /// Adds what a row of such columns says.
    fn merge(columns: &[ArrayRef], row: usize, sketch: &mut Sketch, precision: Precision) -> Result<()> {
        let centroids = columns[5].as_list::<i32>().value(row);
        let centroids = centroids.as_primitive::<Float64Type>().values().chunks_exact(2);
        if centroids.clone().all(|centroid| centroid[1] == 1.0) {
            centroids.for_each(|centroid| sketch.add(centroid[0], precision));
            return Ok(());
        }
        let double = |column: usize| columns[column].as_primitive::<Float64Type>().value(row);
        let other = TDigest::try_from_parts(
            columns[0].as_primitive::<UInt64Type>().value(row) as usize,
            double(1),
            double(2),
            double(3),
            double(4),
            centroids.map(|centroid| Centroid::new(centroid[0], centroid[1])).collect(),
        )?;
        let digest = match sketch.digest.take() {
            Some(digest) => TDigest::merge_digests([digest.as_ref(), &other]),
            None => other,
        };
        sketch.digest = Some(Box::new(digest));
        Ok(())
    }
}

fn doubles(values: &ArrayRef) -> Result<Float64Array> {
    Ok(cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

/// The quantile of all values.
#[derive(Debug)]
struct OfAll {
    quantile: Quantile,
    sketch: Sketch,
}

impl Accumulator for OfAll {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for value in doubles(&columns[0])?.iter().flatten() {
            self.sketch.add(value, self.quantile.precision);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::Float64(self.sketch.quantile(&self.quantile)).cast_to(&self.quantile.ty)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.sketch.len_bytes()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut states = States::default();
        states.push(&mut self.sketch, self.quantile.precision);
        states.columns()?.iter().map(|column| ScalarValue::try_from_array(column, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        (0..states[0].len())
            .try_for_each(|row| States::merge(states, row, &mut self.sketch, self.quantile.precision))
    }
}

/// The quantile of each group.
struct OfGroups {
    quantile: Quantile,
    sketches: Vec<Sketch>,
    /// What sketches take beside their places.
    len_bytes: usize,
}

impl OfGroups {
    /// Changes the sketch of a group.
    fn change<T>(&mut self, group: usize, change: impl FnOnce(&mut Sketch, Precision) -> T) -> T {
        let sketch = &mut self.sketches[group];
        self.len_bytes -= sketch.len_bytes();
        let changed = change(sketch, self.quantile.precision);
        self.len_bytes += sketch.len_bytes();
        changed
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Sketch> {
        let sketches = emit_to.take_needed(&mut self.sketches);
        self.len_bytes -= sketches.iter().map(Sketch::len_bytes).sum::<usize>();
        sketches
    }
}

impl GroupsAccumulator for OfGroups {
    fn update_batch(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        condition: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        self.sketches.resize_with(group_count, Sketch::default);
        for (row, (value, group)) in doubles(&columns[0])?.iter().zip(groups).enumerate() {
            let is_taken = condition.is_none_or(|is_taken| is_taken.is_valid(row) && is_taken.value(row));
            if let Some(value) = value
                && is_taken
            {
                self.change(*group, |sketch, precision| sketch.add(value, precision));
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], group_count: usize) -> Result<()> {
        self.sketches.resize_with(group_count, Sketch::default);
        groups.iter().enumerate().try_for_each(|(row, group)| {
            self.change(*group, |sketch, precision| States::merge(states, row, sketch, precision))
        })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut sketches = self.take(emit_to);
        let quantiles: Float64Array =
            sketches.iter_mut().map(|sketch| sketch.quantile(&self.quantile)).collect();
        Ok(cast(&quantiles, &self.quantile.ty)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut states = States::default();
        for mut sketch in self.take(emit_to) {
            states.push(&mut sketch, self.quantile.precision);
        }
        states.columns()
    }

    fn convert_to_state(
        &self,
        columns: &[ArrayRef],
        condition: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows: Vec<usize> = (0..columns[0].len()).collect();
        let quantile = Quantile { ty: self.quantile.ty.clone(), ..self.quantile };
        let mut of_rows = Self { quantile, sketches: Vec::new(), len_bytes: 0 };
        of_rows.update_batch(columns, &rows, condition, rows.len())?;
        of_rows.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.sketches.capacity() * size_of::<Sketch>() + self.len_bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantile(part: f64) -> Quantile {
        Quantile { part, precision: Precision { values: 64, centroids: 100 }, ty: DataType::Float64 }
    }

    fn of_groups(part: f64) -> OfGroups {
        OfGroups { quantile: quantile(part), sketches: Vec::new(), len_bytes: 0 }
    }

    fn doubles_of(column: &ArrayRef) -> Vec<Option<f64>> {
        column.as_primitive::<Float64Type>().iter().collect()
    }

    /// The share of values below one.
    fn share_below(values: &[f64], of: f64) -> f64 {
        values.iter().filter(|value| **value < of).count() as f64 / values.len() as f64
    }

    #[test]
    fn of_few_values_it_is_exact() {
        let mut groups = of_groups(0.25);
        let values: ArrayRef = Arc::new(Float64Array::from(vec![
            Some(4.0),
            None,
            Some(1.0),
            Some(2.0),
            Some(3.0),
            None,
            Some(7.0),
        ]));
        groups.update_batch(&[values], &[0, 0, 0, 0, 0, 1, 2], None, 4).unwrap();
        let size = groups.size();
        assert_eq!(doubles_of(&groups.evaluate(EmitTo::First(2)).unwrap()), [Some(1.75), None]);
        assert_eq!(doubles_of(&groups.evaluate(EmitTo::All).unwrap()), [Some(7.0), None]);
        assert!(groups.len_bytes == 0 && size > 0);
    }

    proptest! {
        /// However rows come, directly, as states of other accumulators or as rows that were made states.
        #[test]
        fn of_many_values_it_is_near(
            values in prop::collection::vec(-1e6_f64..1e6, 1..2000),
            ways in prop::collection::vec(0..3, 1..6),
            part in 0.0..=1.0_f64,
        ) {
            let mut whole = of_groups(part);
            let mut all = OfAll { quantile: quantile(part), sketch: Sketch::default() };
            for (values, way) in values.chunks(values.len() / ways.len() + 1).zip(ways) {
                let columns: [ArrayRef; 1] = [Arc::new(Float64Array::from(values.to_vec()))];
                let groups = vec![0; values.len()];
                match way {
                    0 => {
                        whole.update_batch(&columns, &groups, None, 1).unwrap();
                        all.update_batch(&columns).unwrap();
                    }
                    1 => {
                        let states = whole.convert_to_state(&columns, None).unwrap();
                        whole.merge_batch(&states, &groups, 1).unwrap();
                        all.merge_batch(&states).unwrap();
                    }
                    _ => {
                        let mut other = of_groups(part);
                        other.update_batch(&columns, &groups, None, 1).unwrap();
                        let states = other.state(EmitTo::All).unwrap();
                        whole.merge_batch(&states, &[0], 1).unwrap();
                        all.merge_batch(&states).unwrap();
                    }
                }
            }
            let found = [doubles_of(&whole.evaluate(EmitTo::All).unwrap())[0].unwrap(), match all.evaluate().unwrap() {
                ScalarValue::Float64(Some(found)) => found,
                other => panic!("{other}"),
            }];
            for found in found {
                prop_assert!((share_below(&values, found) - part).abs() <= 0.04 + 1.0 / values.len() as f64, "{found}");
            }
        }
    }
}
