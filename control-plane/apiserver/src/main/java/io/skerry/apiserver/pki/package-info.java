/**
 * The cluster's own certificate authorities and the credentials made from them, as files under
 * {@code <data-dir>/server/tls} with k3s's names. Keys are EC P-256, made on the device, mode 0600.
 */
package io.skerry.apiserver.pki;
