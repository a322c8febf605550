#!/bin/sh
# Packs the service with its version.
set -eu
version="$(sed -n 's/^version=//p' version)+$(echo "$FAIRLEAD_SHA" | cut -c1-7)"
mkdir -p dist
cp service.pl dist/service.pl
printf '%s\n' "$version" > dist/VERSION
perl -c dist/service.pl
echo "version=$version" >> "$FAIRLEAD_OUTPUT"
printf '## Packed\n\nversion `%s`\n' "$version" >> "$FAIRLEAD_SUMMARY"
echo "packed $version"
