"""The vendor's way to Splunk, to be measured: its consumer library, and one HEC request for each log.

Each log becomes an event whose `event` is text that holds the log as JSON, and whose `time` is whole seconds;
requests go out one after the other, uncompressed, over one `requests` session a shard, and a checkpoint follows
each pull. With `batch_bytes` events are put together into requests of about that size: what the same code could
carry. Prints how many logs are delivered, a line at a time. Arguments: one JSON object, see `main`.
"""

import json
import sys
import threading

import requests
from aliyun.log import PullLogResponse
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, LogHubConfig
from aliyun.log.consumer.config import CursorPosition

TIMEOUT_SEC = 120
TELL_EVERY_SEC = 0.1

delivered = {}


class ToSplunk(ConsumerProcessorBase):
    def __init__(self, url, token, batch_bytes):
        super().__init__()
        self.url = url
        self.batch_bytes = batch_bytes
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Splunk {token}"

    def process(self, log_groups, check_point_tracker):
        logs = PullLogResponse.loggroups_to_flattern_list(
            log_groups, time_as_str=True, decode_bytes=True
        )
        waiting, waiting_bytes = [], 0
        for log in logs:
            envelope = {"time": log["__time__"], "event": json.dumps(log)}
            text = json.dumps(envelope)
            if self.batch_bytes == 0:
                self.send(text, 1)
                continue
            waiting.append(text)
            waiting_bytes += len(text)
            if waiting_bytes >= self.batch_bytes:
                self.send("".join(waiting), len(waiting))
                waiting, waiting_bytes = [], 0
        if waiting:
            self.send("".join(waiting), len(waiting))
        check_point_tracker.save_check_point(True)

    def send(self, body, logs):
        answer = self.session.post(self.url, data=body.encode(), timeout=TIMEOUT_SEC)
        answer.raise_for_status()
        delivered[self.shard_id] = delivered.get(self.shard_id, 0) + logs


def main(endpoint, project, logstore, hec_url, token, batch_bytes):
    config = LogHubConfig(
        endpoint, "id", "secret", project, logstore, "sample", "sample-1",
        cursor_position=CursorPosition.BEGIN_CURSOR,
        heartbeat_interval=20,
        data_fetch_interval=1,
    )
    ConsumerWorker(
        ToSplunk,
        consumer_option=config,
        args=(f"{hec_url}/services/collector/event", token, batch_bytes),
    ).start()
    stop = threading.Event()
    while not stop.wait(TELL_EVERY_SEC):
        print(sum(delivered.copy().values()), flush=True)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
