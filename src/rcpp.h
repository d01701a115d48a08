// Rcpp without its modules and its algebra of vectors, which nothing here uses: a file
// that includes this compiles in two thirds of the time.
#pragma once

#define RCPP_NO_MODULES
#define RCPP_NO_SUGAR
#include <Rcpp.h>
