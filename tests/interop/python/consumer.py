"""Runs the vendor's own consumer loop and prints what it gets, one JSON object a line.

Ends cleanly when standard input ends. Arguments: one JSON object, see `start` below.
"""

import json
import sys
import threading

from aliyun.log import PullLogResponse
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, LogHubConfig
from aliyun.log.consumer.config import CursorPosition

print_lock = threading.Lock()


def report(**event):
    with print_lock:
        print(json.dumps(event), flush=True)


class Processor(ConsumerProcessorBase):
    def initialize(self, shard):
        super().initialize(shard)
        report(event="initialized", shard=shard)

    def process(self, log_groups, check_point_tracker):
        logs = PullLogResponse.loggroups_to_flattern_list(log_groups, decode_bytes=True)
        report(event="logs", shard=self.shard_id, logs=logs)
        check_point_tracker.save_check_point(True)

    def shutdown(self, check_point_tracker):
        check_point_tracker.save_check_point(True)
        report(event="shut_down", shard=self.shard_id)


def start(endpoint, access_key_id, access_key_secret, project, logstore, group, consumer, **more):
    config = LogHubConfig(
        endpoint, access_key_id, access_key_secret, project, logstore, group, consumer,
        cursor_position=CursorPosition.BEGIN_CURSOR,
        heartbeat_interval=1,
        data_fetch_interval=0.1,
        worker_pool_size=4,
        **more,
    )
    worker = ConsumerWorker(Processor, consumer_option=config)
    worker.start()
    return worker


if __name__ == "__main__":
    worker = start(**json.loads(sys.argv[1]))
    sys.stdin.read()
    worker.shutdown()
    worker.join()
    report(event="stopped")
