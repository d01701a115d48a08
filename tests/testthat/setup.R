# Two threads whatever the machine has, as in the checks of CRAN; one directory
# of compiled formulas for all the tests, so that none is compiled twice.
set_rkeops_options()
set_rkeops_option("threads", 2)
