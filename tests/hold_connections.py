# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""hold_connections.py ADDRESS PORT COUNT [FROM]: opens connections, says "held", and does nothing with them."""

import socket
import sys
import time

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
source = (sys.argv[4], 0) if len(sys.argv) > 4 else None
held = [socket.create_connection((address, port), 5, source_address=source) for _ in range(count)]
print("held", len(held), flush=True)
time.sleep(120)
