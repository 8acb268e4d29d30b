//! The two tables. On AWS the template makes them; here is the same for the embedded engine.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use crate::{Error, Store, error::sort};

/// What the tables are called in this deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableNames {
    /// Files, journal, rows, playbook; backed up.
    pub main: String,
    /// Inbox, receipts, leases, slots; rows vanish by TTL once done.
    pub hot: String,
}

impl Default for TableNames {
    fn default() -> Self {
        Self { main: "stepwise-main".into(), hot: "stepwise-hot".into() }
    }
}

/// The index over files by their earliest timer.
pub(crate) const WAKE_INDEX: &str = "wake";
/// The index over everything unfinished by when to try again.
pub(crate) const WORK_INDEX: &str = "work";

impl Store {
    /// Makes the tables where they are missing. For the embedded engine and tests; on AWS the template does it.
    pub async fn create_tables(&self) -> Result<(), Error> {
        let present = self.client.list_tables().send().await.map_err(|e| sort("ListTables", e))?;
        let missing = |name: &String| !present.table_names().contains(name);
        if missing(&self.names.main) {
            self.create(&self.names.main, &[(WAKE_INDEX, "wake_at"), (WORK_INDEX, "retry_at")]).await?;
        }
        if missing(&self.names.hot) {
            self.create(&self.names.hot, &[(WORK_INDEX, "retry_at")]).await?;
            let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
            let ttl = ttl.map_err(|e| Error::unreadable("TTL specification", e))?;
            let update =
                self.client.update_time_to_live().table_name(&self.names.hot).time_to_live_specification(ttl);
            Box::pin(update.send()).await.map_err(|e| sort("UpdateTimeToLive", e))?;
        }
        Ok(())
    }

    async fn create(&self, name: &str, indexes: &[(&str, &str)]) -> Result<(), Error> {
        let mut create = self
            .client
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
            .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
            .key_schema(key("pk", KeyType::Hash)?)
            .key_schema(key("sk", KeyType::Range)?);
        for (index, range) in indexes {
            let hash = format!("{index}_shard");
            let projection = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(*index)
                .key_schema(key(&hash, KeyType::Hash)?)
                .key_schema(key(range, KeyType::Range)?)
                .projection(projection)
                .build()
                .map_err(|e| Error::unreadable("index definition", e))?;
            create = create
                .attribute_definitions(attribute(&hash, ScalarAttributeType::S)?)
                .attribute_definitions(attribute(range, ScalarAttributeType::N)?)
                .global_secondary_indexes(index);
        }
        Box::pin(create.send()).await.map_err(|e| sort("CreateTable", e))?;
        Ok(())
    }
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, Error> {
    let built = AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build();
    built.map_err(|e| Error::unreadable("attribute definition", e))
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, Error> {
    let built = KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    built.map_err(|e| Error::unreadable("key definition", e))
}
