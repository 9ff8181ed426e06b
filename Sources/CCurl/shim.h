#ifndef STAN_BRIDGED_CCURL_SHIM_H
#define STAN_BRIDGED_CCURL_SHIM_H

// Swift cannot call C's variadic functions and does not see macros that are more than a literal.
// What follows gives each a typed front: one function for each kind of argument an option takes.

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <curl/curl.h>

// Options of one transfer.

static inline CURLcode stan_easy_set_long(CURL *easy, CURLoption option, long value)
{
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode stan_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value)
{
    return (curl_easy_setopt)(easy, option, value);
}

/// The text is copied by libcurl.
static inline CURLcode stan_easy_set_string(CURL *easy, CURLoption option, const char *value)
{
    return (curl_easy_setopt)(easy, option, value);
}

/// The memory is not copied: it must stay where it is for as long as the transfer may use it.
static inline CURLcode stan_easy_set_pointer(CURL *easy, CURLoption option, const void *value)
{
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode stan_easy_set_write_function(CURL *easy, curl_write_callback function)
{
    return (curl_easy_setopt)(easy, CURLOPT_WRITEFUNCTION, function);
}

static inline CURLcode stan_easy_set_header_function(CURL *easy, curl_write_callback function)
{
    return (curl_easy_setopt)(easy, CURLOPT_HEADERFUNCTION, function);
}

static inline CURLcode stan_easy_set_close_socket_function(CURL *easy, curl_closesocket_callback function)
{
    return (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
}

// Facts about one transfer.

static inline CURLcode stan_easy_get_long(CURL *easy, CURLINFO info, long *value)
{
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode stan_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value)
{
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode stan_easy_get_string(CURL *easy, CURLINFO info, const char **value)
{
    return (curl_easy_getinfo)(easy, info, value);
}

/// What is known of the certificate that the other side has shown: lines of `name:value`; NULL when it has shown none.
static inline struct curl_slist *stan_easy_first_certificate(CURL *easy)
{
    struct curl_certinfo *certificates = NULL;
    CURLcode result = (curl_easy_getinfo)(easy, CURLINFO_CERTINFO, &certificates);
    return result == CURLE_OK && certificates && certificates->num_of_certs > 0 ? certificates->certinfo[0] : NULL;
}

static inline void *stan_easy_get_private(CURL *easy)
{
    char *value = NULL;
    (curl_easy_getinfo)(easy, CURLINFO_PRIVATE, &value);
    return value;
}

// Options of the multi handle.

static inline CURLMcode stan_multi_set_long(CURLM *multi, CURLMoption option, long value)
{
    return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode stan_multi_set_pointer(CURLM *multi, CURLMoption option, void *value)
{
    return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode stan_multi_set_socket_function(CURLM *multi, curl_socket_callback function)
{
    return (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, function);
}

static inline CURLMcode stan_multi_set_timer_function(CURLM *multi, curl_multi_timer_callback function)
{
    return (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, function);
}

// Macros.

static inline CURLcode stan_global_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

/// Whether names are resolved beside the transfers instead of blocking all of them.
static inline bool stan_resolves_asynchronously(void)
{
    return (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS) != 0;
}

static inline const char *stan_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

/// Three bytes: 0x075801 is 7.88.1.
static inline unsigned int stan_version_number(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num;
}

static inline curl_socket_t stan_socket_timeout(void)
{
    return CURL_SOCKET_TIMEOUT;
}

#endif
