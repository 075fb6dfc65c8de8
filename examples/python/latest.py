"""Prints the newest conversations, or those of a search: URL=http://127.0.0.1:8643 KEY=... python3 latest.py [TEXT]"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

query = {"limit": 10, **({"search": sys.argv[1]} if len(sys.argv) > 1 else {})}
request = urllib.request.Request(
    f"{os.environ['URL']}/v1/sessions?{urllib.parse.urlencode(query)}",
    headers={"Authorization": f"Bearer {os.environ['KEY']}"},
)
try:
    with urllib.request.urlopen(request) as response:
        sessions = json.load(response)
except urllib.error.HTTPError as error:
    try:
        sys.exit(json.load(error)["error"]["message"])
    except ValueError:  # a proxy's page, not this server's JSON
        sys.exit(f"{error.code} {error.reason}")
except urllib.error.URLError as error:
    sys.exit(str(error.reason))
for session in sessions["data"]:
    print(session["last_active_at"], session["id"], session["title"] or session["preview"], sep="  ")
print(f"{len(sessions['data'])} of {sessions['total']}")
