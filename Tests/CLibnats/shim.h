#ifndef STAN_BRIDGED_CLIBNATS_SHIM_H
#define STAN_BRIDGED_CLIBNATS_SHIM_H

// Debian's library is built with NATS Streaming, but its header shows that part only when asked to.
#define NATS_HAS_STREAMING
#include <nats/nats.h>

#endif
