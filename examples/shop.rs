//! A shop with business metrics: `cargo run --release --example shop`.
//!
//! Orders by how they are paid and how they end, a cache, a database, calls to language models, a queue. The module
//! `shop` is the catalogue: what it declares, `/metrics` shows, most of it at zero before the first event.

#![forbid(unsafe_code)]
#![allow(
    unreachable_pub,
    reason = "a metric is `pub` in its module, wherever that is"
)]

use std::{
    collections::{HashMap, VecDeque},
    env, fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer, Responder, ResponseError, get, http::StatusCode, post, rt, web,
};
use metrics_runtime::{
    CatchAll, Config, LabelValue, Outcome, init, instrument_handler, label_values, metrics,
    metrics_scope,
};
use serde::Deserialize;

/// How an order is paid.
#[derive(LabelValue, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Payment {
    Card,
    GiftCard,
    Invoice,
}

#[derive(LabelValue, Clone, Copy)]
enum Operation {
    Select,
    Insert,
}

#[derive(LabelValue, Clone, Copy)]
enum Table {
    Orders,
    Products,
}

#[derive(LabelValue, Clone, Copy)]
enum Direction {
    Input,
    Output,
}

label_values! {
    /// Language models, named in the environment: there are never more than five, and `other`.
    Model: 5,
    /// What asks them.
    Agent: 5
}

#[metrics(prefix = "shop", labels(team = "checkout"))]
mod shop {
    use super::{Agent, Direction, Model, Operation, Outcome, Payment, Table};

    /// Orders placed, by how they were paid and how they ended.
    pub fn orders_total(payment: Payment, outcome: Outcome) -> Counter;
    /// Money taken.
    pub fn revenue_euros_total(payment: Payment) -> FloatCounter;
    /// Items of an order.
    #[metric(buckets = [1, 2, 5, 10, 20])]
    pub fn order_items() -> Histogram;
    /// Orders waiting to be packed.
    pub fn queue_length() -> Gauge;
    /// Orders being packed.
    pub fn packing() -> UpDown;
    /// Look-ups in the cache of products.
    pub fn cache_lookups_total(hit: bool) -> Counter;
    /// Operations of the database.
    pub fn database_operations_total(
        operation: Operation,
        table: Table,
        outcome: Outcome,
    ) -> Counter;
    /// Time that operations of the database took.
    #[metric(buckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5])]
    pub fn database_operation_duration_seconds(operation: Operation, table: Table) -> Histogram;
    /// Time that calls of language models took.
    #[metric(buckets = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60], series = 144)]
    pub fn model_call_duration_seconds(model: Model, agent: Agent, outcome: Outcome) -> Histogram;
    /// Tokens that language models read and wrote.
    pub fn model_tokens_total(model: Model, agent: Agent, direction: Direction) -> Counter;
    /// What the tokens cost.
    pub fn model_cost_dollars_total(model: Model) -> FloatCounter;
    /// Bytes of receipts.
    #[metric(zero)]
    pub fn receipt_size_bytes() -> Summary;
    /// What runs.
    pub fn build_info(version: &'static str) -> Info;
}

#[derive(Deserialize)]
struct Order {
    payment: Payment,
    /// Price of each item in cents.
    items: Vec<u32>,
}

/// Orders that wait to be packed.
#[derive(Default)]
struct Queue(Mutex<VecDeque<usize>>);

impl Queue {
    fn with<R>(&self, work: impl FnOnce(&mut VecDeque<usize>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the payment was declined\n")
    }
}

impl ResponseError for Declined {
    fn status_code(&self) -> StatusCode {
        StatusCode::PAYMENT_REQUIRED
    }
}

#[instrument_handler]
#[post("/orders")]
async fn place_order(
    order: web::Json<Order>,
    queue: web::Data<Queue>,
) -> Result<impl Responder, Declined> {
    let result = charge(&order).await;
    shop::orders_total(order.payment, Outcome::of(&result)).inc();
    let receipt = result?;
    shop::order_items().observe(order.items.len() as f64);
    shop::receipt_size_bytes().observe(receipt.len() as f64);
    query(Operation::Insert, Table::Orders).await;
    queue.with(|queue| queue.push_back(order.items.len()));
    Ok(HttpResponse::Created().body(receipt))
}

/// Nothing can be bought for more than a thousand euros, nor nothing at all.
async fn charge(order: &Order) -> Result<String, Declined> {
    let cents: u32 = order.items.iter().sum();
    if !(1..=100_000).contains(&cents) {
        return Err(Declined);
    }
    rt::time::sleep(Duration::from_millis(2)).await;
    let euros = f64::from(cents) / 100.0;
    shop::revenue_euros_total(order.payment).inc_by(euros);
    Ok(format!("{} items, {euros:.2} euros\n", order.items.len()))
}

#[instrument_handler]
#[get("/products/{id}")]
async fn product(id: web::Path<u32>, cache: web::Data<Mutex<HashMap<u32, String>>>) -> String {
    let cached = {
        let cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(&id).cloned()
    };
    shop::cache_lookups_total(cached.is_some()).inc();
    if let Some(product) = cached {
        return product;
    }
    query(Operation::Select, Table::Products).await;
    let product = format!("product {id}\n");
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    cache.insert(*id, product.clone());
    product
}

async fn query(operation: Operation, table: Table) {
    let answer = async {
        rt::time::sleep(Duration::from_millis(1)).await;
        Ok::<(), fmt::Error>(())
    };
    let result = shop::database_operation_duration_seconds(operation, table)
        .time(answer)
        .await;
    shop::database_operations_total(operation, table, Outcome::of(&result)).inc();
}

#[derive(Deserialize)]
struct Question {
    model: String,
    agent: String,
    text: String,
}

#[instrument_handler]
#[post("/ask")]
async fn ask(question: web::Json<Question>) -> impl Responder {
    // Whatever a client writes here, it becomes one of the names known at start-up, or `other`.
    let (model, agent) = (Model::of(&question.model), Agent::of(&question.agent));
    let timer = shop::model_call_duration_seconds(model, agent, Outcome::Ok).start();
    rt::time::sleep(Duration::from_millis(5)).await;
    drop(timer);
    let input = question.text.split_whitespace().count() as u64;
    let output = 2 * input;
    shop::model_tokens_total(model, agent, Direction::Input).inc_by(input);
    shop::model_tokens_total(model, agent, Direction::Output).inc_by(output);
    shop::model_cost_dollars_total(model).inc_by((input + 4 * output) as f64 * 1e-6);
    format!("{output} tokens\n")
}

async fn pack(queue: web::Data<Queue>) {
    loop {
        if let Some(items) = queue.with(VecDeque::pop_front) {
            let _packing = shop::packing().enter();
            rt::time::sleep(Duration::from_millis(10 * items as u64)).await;
        } else {
            rt::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Names between commas.
fn names(variable: &str, default: &str) -> Vec<String> {
    let names = env::var(variable).unwrap_or_else(|_| default.to_owned());
    names
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect()
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    init(Config::from_env()?)?;
    Model::set(names("SHOP_MODELS", "small,large"))?;
    Agent::set(names("SHOP_AGENTS", "support,search"))?;
    shop::build_info(env!("CARGO_PKG_VERSION")).set();

    let queue = web::Data::new(Queue::default());
    let cache = web::Data::new(Mutex::new(HashMap::<u32, String>::new()));
    let waiting = queue.clone();
    shop::queue_length().read_by(move || waiting.with(|queue| queue.len() as f64));
    rt::spawn(pack(queue.clone()));

    let server = HttpServer::new(move || {
        App::new()
            .wrap(CatchAll)
            .app_data(queue.clone())
            .app_data(cache.clone())
            .service(metrics_scope())
            .service(place_order)
            .service(product)
            .service(ask)
    })
    .shutdown_timeout(5)
    .bind(env::var("BIND_ADDR").unwrap_or_else(|_| "127.0.0.1:8081".to_owned()))?;
    for address in server.addrs() {
        println!("listening on http://{address}; try");
        for request in [
            "/products/1",
            "/orders -d '{\"payment\":\"gift_card\",\"items\":[995,1200]}' -H 'content-type: application/json'",
            "/ask -d '{\"model\":\"large\",\"agent\":\"support\",\"text\":\"where is my order\"}' -H 'content-type: application/json'",
            "/metrics",
        ] {
            println!("  curl http://{address}{request}");
        }
    }
    server.run().await?;
    Ok(())
}
