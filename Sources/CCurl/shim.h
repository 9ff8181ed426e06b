#ifndef STAN_BRIDGED_CCURL_SHIM_H
#define STAN_BRIDGED_CCURL_SHIM_H

#include <curl/curl.h>

#endif
