# Keeps sets of files, on a claim or in a bucket. A set is KIND/STAMP; the file "complete" is written last, and a set without it does not count.
# Sourced by others; functions: stamps KIND, put KIND FOLDER STAMP, get KIND STAMP FOLDER, prune KIND COUNT. SOURCE names what is backed up.

s3() { # METHOD PATH [curl's options]
  method=$1; path=$2; shift 2
  printf 'user = "%s:%s"\n' "$S3_ACCESS_KEY" "$S3_SECRET_KEY" | curl --config - --aws-sigv4 "aws:amz:$S3_REGION:s3" --fail-with-body --silent --show-error \
    --retry 5 --retry-delay 5 --retry-all-errors --request "$method" "$@" "$S3_ENDPOINT/$S3_BUCKET$path"
}
listed() { sed 's/></>\n</g' | sed -n "s|^<$1>\(.*\)</$1>.*|\1|p"; }
prefix() { echo "${S3_PREFIX:+$S3_PREFIX/}$SOURCE/$1"; }

stamps() { # KIND: the stamps of whole sets, oldest first
  if [ "$STORAGE" = claim ]; then
    for file in "$BACKUPS/$SOURCE/$1"/*/complete; do [ -f "$file" ] && basename "$(dirname "$file")"; done | sort
  else
    s3 GET "" --get --data-urlencode "list-type=2" --data-urlencode "prefix=$(prefix "$1")/" | listed Key | sed -n "s|^$(prefix "$1")/\([^/]*\)/complete\$|\1|p" | sort
  fi
}
put() { # KIND FOLDER STAMP
  (cd "$2" && find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS)
  date -u +%Y-%m-%dT%H:%M:%SZ > "$2/complete"
  if [ "$STORAGE" = claim ]; then
    mkdir -p "$BACKUPS/$SOURCE/$1"
    mv "$2/complete" "$2.complete"
    rm -rf "$BACKUPS/$SOURCE/$1/$3"
    mv "$2" "$BACKUPS/$SOURCE/$1/$3"
    mv "$2.complete" "$BACKUPS/$SOURCE/$1/$3/complete"
  else
    for file in $(cd "$2" && find . -type f ! -name complete | sed 's|^\./||' | sort) complete; do
      s3 PUT "/$(prefix "$1")/$3/$file" --upload-file "$2/$file" > /dev/null
    done
  fi
  echo "stored $SOURCE/$1/$3"
}
get() { # KIND STAMP FOLDER
  mkdir -p "$3"
  if [ "$STORAGE" = claim ]; then
    cp -r "$BACKUPS/$SOURCE/$1/$2/." "$3"
  else
    for file in $(s3 GET "" --get --data-urlencode "list-type=2" --data-urlencode "prefix=$(prefix "$1")/$2/" | listed Key | sed "s|^$(prefix "$1")/$2/||"); do
      mkdir -p "$(dirname "$3/$file")"
      s3 GET "/$(prefix "$1")/$2/$file" --output "$3/$file"
    done
  fi
}
prune() { # KIND COUNT: all but the newest sets go, and what was left unfinished two days ago
  stamps "$1" | awk -v keep="$2" '{ line[NR] = $0 } END { for (i = 1; i <= NR - keep; i++) print line[i] }' | while read -r stamp; do
    if [ "$STORAGE" = claim ]; then
      rm -f "$BACKUPS/$SOURCE/$1/$stamp/complete"
      rm -rf "${BACKUPS:?}/$SOURCE/$1/$stamp"
    else
      s3 DELETE "/$(prefix "$1")/$stamp/complete" > /dev/null
      s3 GET "" --get --data-urlencode "list-type=2" --data-urlencode "prefix=$(prefix "$1")/$stamp/" | listed Key | while read -r key; do s3 DELETE "/$key" < /dev/null > /dev/null; done
    fi
    echo "deleted $SOURCE/$1/$stamp"
  done
  if [ "$STORAGE" = claim ]; then find "$BACKUPS/.work" -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf {} + 2>/dev/null || true; fi
}
