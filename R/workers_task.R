# A worker: what it does with a task, and what it keeps between tasks.

# Never fails: what goes wrong is its value.
worker_task <- function(task) {
  tryCatch(compute_task(task), error = function(e) {
    list(error = paste0(Sys.info()[["nodename"]], ": ", conditionMessage(e)))
  })
}

compute_task <- function(task) {
  if (task$version != package_version_string()) {
    stop("The worker has another version of rkeops: ", package_version_string())
  }
  lacking <- receive_inputs(task$inputs)
  if (length(lacking)) {
    return(list(missing = lacking))
  }
  is_here <- identical(task$host, Sys.info()[["nodename"]])
  began <- proc.time()[["elapsed"]]
  bytes <- check_native(r_compute_part(
    task, lapply(task$inputs, stored_input), threads_of_task(task, is_here),
    task$stop_file, if (is_here && dir.exists(task$cache)) task$cache else ""
  ))
  list(bytes = bytes, seconds = proc.time()[["elapsed"]] - began)
}

threads_of_task <- function(task, is_here) {
  if (task$threads > 0L) {
    return(task$threads)
  }
  if (!is.null(getOption("rkeops.threads"))) {
    return(settings$threads)
  }
  cores <- machine_cores()
  if (is_here) max(1L, cores %/% max(1L, task$workers_here)) else cores
}

# ---- the inputs that it has ----

input_store <- new.env(parent = emptyenv())
input_store$inputs <- list() # the last one used stands last

# The digests of those that are neither here nor in sight.
receive_inputs <- function(inputs) {
  lacking <- vapply(inputs, function(input) is.null(receive_input(input)), NA)
  digests <- vapply(inputs, `[[`, "", "digest")
  forget_stored(digests)
  unique(digests[lacking])
}

# A file is mapped, and takes no memory of its own.
receive_input <- function(input) {
  entry <- input_store$inputs[[input$digest]]
  if (is.null(entry)) {
    if (!is.null(input$bytes)) {
      entry <- list(value = input$bytes, size = input$size)
    } else if (isTRUE(file.size(input$path %||% "") == input$size)) {
      entry <- list(value = check_native(r_map_file(input$path)), size = 0)
    }
  }
  input_store$inputs[[input$digest]] <- NULL
  input_store$inputs[[input$digest]] <- entry
  entry
}

stored_input <- function(input) input_store$inputs[[input$digest]]$value

# Inputs that are not used now are forgotten where there are many, or where they
# take, with those that came later, more than half of the free memory.
most_stored <- 64L

forget_stored <- function(used) {
  sizes <- vapply(input_store$inputs, `[[`, 0, "size")
  later <- rev(cumsum(rev(sizes)))
  many <- rev(seq_along(sizes)) > most_stored
  large <- sizes > 0 & later > available_memory() / 2
  input_store$inputs <- input_store$inputs[
    names(input_store$inputs) %in% used | !(many | large)
  ]
}
