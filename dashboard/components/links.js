// A plain click on a link of ours goes there as "back" does: the page stays, its script runs again.
(() => {
  if (document.cxrFollowsLinks) return; // once a document, however often this is put
  document.cxrFollowsLinks = true;
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".cxr a[href]");
    const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || modified || event.defaultPrevented || link.origin !== location.origin) return;
    event.preventDefault();
    if (link.pathname !== location.pathname) {
      document.querySelector("[data-testid=stMain]").scrollTo(0, 0);
    }
    history.pushState({}, "", link.href);
    dispatchEvent(new PopStateEvent("popstate"));
  });
})();
