//! Several results, computed together.

use arrow::array::RecordBatch;
use datafusion::logical_expr::LogicalPlan;

use crate::blocking::block_on;
use crate::error::{Error, Result};
use crate::session::Session;

/// A lazy result that [`compute`] can compute: frames, scalars, bags and sinks, and tuples, vectors and
/// arrays of them.
pub trait Computable {
    /// What it is when it is computed.
    type Value;

    /// Asks for what is needed and returns how the value is made of it.
    #[doc(hidden)]
    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>>;
}

/// Makes a value of the answers to what was requested.
#[doc(hidden)]
pub type Pending<V> = Box<dyn FnOnce(&mut Answers) -> Result<V> + Send>;

/// Plans that are asked for together.
#[doc(hidden)]
#[derive(Default)]
pub struct Requests {
    session: Option<Session>,
    plans: Vec<LogicalPlan>,
}

/// Names a plan among the requests.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RequestId(usize);

impl Requests {
    /// Asks for the rows of a plan.
    ///
    /// # Errors
    /// The plan is of another session than those before it.
    pub(crate) fn add(&mut self, session: &Session, plan: LogicalPlan) -> Result<RequestId> {
        let known = self.session.get_or_insert_with(|| session.clone());
        if !known.is(session) {
            let hint = "make all of them from one session, or compute them apart";
            return Err(Error::query("results of two sessions cannot be computed together", hint.to_owned()));
        }
        self.plans.push(plan);
        Ok(RequestId(self.plans.len() - 1))
    }

    /// What was asked for, and where; `None` if nothing was.
    pub(crate) fn into_plans(self) -> Option<(Session, Vec<LogicalPlan>)> {
        Some((self.session?, self.plans))
    }
}

/// The rows of each plan, or why there are none.
#[doc(hidden)]
pub struct Answers(Vec<Option<Result<Vec<RecordBatch>>>>);

impl Answers {
    /// Takes the rows of a plan; they can be taken once.
    pub(crate) fn take(&mut self, id: RequestId) -> Result<Vec<RecordBatch>> {
        self.0[id.0].take().expect("each request is taken by the one who made it")
    }
}

/// Computes lazy results together: each source is read once for all of them.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
/// let frame = swath::read_csv(&path).scan()?;
/// // As many as are known only now, beside one more.
/// let largest: Vec<_> = frame.columns()?.iter().map(|name| frame.max(name)).collect();
/// let (largest, rows) = futures::executor::block_on(swath::compute_async((largest, frame.count())))?;
/// assert_eq!((largest, rows), (vec![Some(3.0), Some(4.0)], 2));
/// # Ok::<(), swath::Error>(())
/// ```
///
/// # Errors
/// The first error of any of them.
pub async fn compute_async<C: Computable>(results: C) -> Result<C::Value> {
    let mut requests = Requests::default();
    let pending = results.request(&mut requests)?;
    let answers = match &requests.session {
        Some(session) => session.collect_plans(requests.plans).await,
        None => Vec::new(),
    };
    let answers = answers.into_iter().map(|answer| Some(answer.map_err(Error::in_methods)));
    pending(&mut Answers(answers.collect()))
}

/// Computes lazy results together: each source is read once for all of them. Give it a result, a tuple,
/// a vector or an array of results, or any of these in each other; the values come in the same shape.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("t.csv");
/// # std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
/// let frame = swath::read_csv(&path).scan()?;
/// let lines = swath::read_text(&path);
/// let copy = frame.to_json(dir.path().join("t.jsonl"));
/// let ([least, most], lines, written) = swath::compute(([frame.min("a"), frame.max("a")], lines.count(), copy))?;
/// assert_eq!((least, most, lines, written), (Some(1.0), Some(3.0), 3, 2));
/// # Ok::<(), swath::Error>(())
/// ```
///
/// # Errors
/// The first error of any of them.
pub fn compute<C: Computable>(results: C) -> Result<C::Value> {
    block_on(compute_async(results))
}

impl<C: Computable + ?Sized> Computable for &C {
    type Value = C::Value;

    fn request(&self, requests: &mut Requests) -> Result<Pending<C::Value>> {
        (**self).request(requests)
    }
}

impl<C: Computable> Computable for [C]
where
    C::Value: 'static,
{
    type Value = Vec<C::Value>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let pending = self.iter().map(|result| result.request(requests)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(|answers| pending.into_iter().map(|pending| pending(answers)).collect()))
    }
}

impl<C: Computable> Computable for Vec<C>
where
    C::Value: 'static,
{
    type Value = Vec<C::Value>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        self.as_slice().request(requests)
    }
}

impl<C: Computable, const N: usize> Computable for [C; N]
where
    C::Value: 'static,
{
    type Value = [C::Value; N];

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let pending = self.as_slice().request(requests)?;
        Ok(Box::new(|answers| {
            let values = pending(answers)?;
            Ok(values.try_into().unwrap_or_else(|_| unreachable!("there is a value for each result")))
        }))
    }
}

/// `None` is computed as `None`, for results that are not always wanted.
impl<C: Computable> Computable for Option<C>
where
    C::Value: 'static,
{
    type Value = Option<C::Value>;

    fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
        let Some(result) = self else { return Ok(Box::new(|_| Ok(None))) };
        let pending = result.request(requests)?;
        Ok(Box::new(|answers| pending(answers).map(Some)))
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Computable),+> Computable for ($($name,)+)
        where
            $($name::Value: 'static),+
        {
            type Value = ($($name::Value,)+);

            #[allow(non_snake_case)]
            fn request(&self, requests: &mut Requests) -> Result<Pending<Self::Value>> {
                let ($($name,)+) = self;
                let ($($name,)+) = ($($name.request(requests)?,)+);
                Ok(Box::new(move |answers| Ok(($($name(answers)?,)+))))
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
