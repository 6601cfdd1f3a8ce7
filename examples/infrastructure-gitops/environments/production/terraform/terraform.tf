terraform {
  required_version = ">= 1.4"

  # A stand-in for the S3 backend, so that this example plans without credentials: see README.md.
  backend "local" {}
}
