#!/bin/bash
# Ready: the node answers and knows its users. Without login it says 401; before that, 503.
status=$(curl --silent --insecure --max-time 4 --output /dev/null --write-out '%{http_code}' "https://127.0.0.1:${PORT:-9200}/")
[ "$status" = 401 ] || { echo "status ${status}"; exit 1; }
