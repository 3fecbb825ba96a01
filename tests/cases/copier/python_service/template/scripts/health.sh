#!/bin/sh
# {{ this is no template }}
curl --fail "localhost:$1/health"
