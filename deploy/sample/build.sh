#!/bin/sh
# Packs the service as what the sandbox runs for an image: a program in a folder of its own, never changed afterwards.
# With a registry, a build-image step takes the place of this.
set -eu
version="$(sed -n 's/^version=//p' version)-$(echo "$FAIRLEAD_SHA" | cut -c1-7)"
perl -c service.pl
mkdir -p dist "$IMAGES/$version"
cp service.pl dist/service.pl
printf '%s\n' "$version" > dist/VERSION
cp service.pl "$IMAGES/$version/service.pl.new"
mv "$IMAGES/$version/service.pl.new" "$IMAGES/$version/service.pl"
echo "image=process/images/$version/service.pl:$version" >> "$FAIRLEAD_OUTPUT"
printf '## Packed\n\nversion `%s`\n' "$version" >> "$FAIRLEAD_SUMMARY"
echo "packed $version"
