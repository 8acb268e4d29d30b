//! Where boards, staff and what happened lately are known from: the data directory, or the process that uses it.

mod running;

use std::{net::SocketAddr, path::Path};

use app::{
    Clock as _, RealClock,
    config::Config,
    doctor::{NoPlan, Past, Plan, Words, words},
    net::Net,
    wiring::{DynamoAccess, dynamo},
};
use store::Store;

use crate::{directory::DataDirectory, embedded::Embedded};

pub(super) struct Source<'a> {
    pub(super) data: &'a Path,
    pub(super) listen: SocketAddr,
    pub(super) config: &'a Config,
    pub(super) net: &'a Net,
}

type Known = (Result<Plan, NoPlan>, Result<Past, NoPlan>);

impl Source<'_> {
    /// The directory, held no longer than reading takes; if another process has it, that process.
    pub(super) async fn read(&self) -> Known {
        let shown = self.data.display();
        if !self.data.join("stepwise.db").is_file() {
            return neither(&NoPlan {
                why: words(
                    format!("{shown} 里没有 Stepwise 的数据，不知道有哪些看板和成员"),
                    format!("there are no data of Stepwise in {shown}, so boards and staff are not known"),
                ),
                mend: words(
                    "在运行 stepwise serve 的目录里运行，或用 --data（STEPWISE_DATA）指向它的数据目录",
                    "Run the doctor where stepwise serve runs, or name its data directory by --data (STEPWISE_DATA)",
                ),
            });
        }
        if DataDirectory::is_in_use(self.data) {
            return self.ask_the_running().await;
        }
        match self.open().await {
            Ok((plan, past)) => (Ok(plan), Ok(past)),
            Err(error) => neither(&NoPlan {
                why: words(
                    format!("{shown} 里的数据读不出来：{error:#}"),
                    format!("the data in {shown} cannot be read: {error:#}"),
                ),
                mend: words(
                    "用 stepwise serve 启动一次，看它报什么错",
                    "Start stepwise serve once and see what it says",
                ),
            }),
        }
    }

    async fn open(&self) -> anyhow::Result<(Plan, Past)> {
        let directory = DataDirectory::claim(self.data)?;
        let engine = Embedded::open(&directory)?;
        let store = Store::new(dynamo(engine, &DynamoAccess::embedded()), self.config.tables.clone());
        Ok((Plan::read(&store).await?, Past::read(&store, RealClock.now()).await?))
    }

    /// The REST API tells of boards and staff; of what happened it has no list.
    async fn ask_the_running(&self) -> Known {
        let shown = self.data.display();
        let in_use =
            words(format!("正在运行的 Stepwise 占用着 {shown}"), format!("a running Stepwise holds {shown}"));
        let stopped = words("停下 stepwise serve 再运行一次", "stop stepwise serve and run the doctor again");
        let past = Err(NoPlan { why: in_use.clone(), mend: stopped.clone() });
        let Some(token) = &self.config.admin_token else {
            let mend = words(
                format!("设好 STEPWISE_ADMIN_TOKEN（和 serve 的一致），或者{}", stopped.zh),
                format!("Set STEPWISE_ADMIN_TOKEN as serve has it, or {}", stopped.en),
            );
            let why = with(
                &in_use,
                "也没有 STEPWISE_ADMIN_TOKEN 可以问它",
                "and there is no STEPWISE_ADMIN_TOKEN to ask it with",
            );
            return (Err(NoPlan { why, mend }), past);
        };
        let plan = running::ask(self.net, self.listen, token).await.map_err(|error| NoPlan {
            why: with(&in_use, &format!("问它没有成功：{error}"), &format!("and asking it failed: {error}")),
            mend: words(
                format!("用 --listen（STEPWISE_LISTEN）写对它的监听地址、用 STEPWISE_ADMIN_TOKEN 写对它的令牌，或者{}", stopped.zh),
                format!("Name its address by --listen (STEPWISE_LISTEN) and its token by STEPWISE_ADMIN_TOKEN, or {}", stopped.en),
            ),
        });
        (plan, past)
    }
}

fn with(why: &Words, zh: &str, en: &str) -> Words {
    words(format!("{}，{zh}", why.zh), format!("{}, {en}", why.en))
}

fn neither(no: &NoPlan) -> Known {
    (Err(no.clone()), Err(no.clone()))
}
