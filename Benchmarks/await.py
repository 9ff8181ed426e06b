#!/usr/bin/env python3
"""Waits until a daemon is done, at next to no cost to what is measured, and prints when: nanoseconds since the epoch.

await.py PID size BYTES FILE...           until files have so many bytes together; a FILE may be a pattern
await.py PID acked COUNT PORT METRICS     until so many messages are acked; the metrics of that moment go to a file
"""

import glob
import http.client
import os
import sys
import time


def size(patterns):
    paths = [path for pattern in patterns for path in (glob.glob(pattern) if "*" in pattern else [pattern])]
    return sum(os.stat(path).st_size for path in paths if os.path.exists(path))


def acked(port, file):
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def count():
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        with open(file, "w") as out:
            out.write(text)
        lines = (line for line in text.splitlines() if line.startswith("stan_bridged_messages_acked_total"))
        return sum(int(line.split()[-1]) for line in lines)

    return count


process, what, goal = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if what == "size":
    measure, pause = lambda: size(sys.argv[4:]), 0.005
else:
    measure, pause = acked(int(sys.argv[4]), sys.argv[5]), 0.02
while measure() < goal:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        sys.exit(1)
    time.sleep(pause)
print(time.time_ns())
