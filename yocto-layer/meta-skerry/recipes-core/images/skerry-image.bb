SUMMARY = "Skerry: an appliance for Kubernetes and GitOps at the edge, with A/B updates"
LICENSE = "Apache-2.0"

inherit skerry-image

SKERRY_INSTALL_EXTRA ?= ""
SKERRY_INSTALL_EXTRA[doc] = "More packages for the image."

IMAGE_INSTALL = "packagegroup-skerry ${SKERRY_INSTALL_EXTRA}"
